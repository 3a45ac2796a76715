import * as z from 'zod'

export const Json = z.record(z.string(), z.unknown())
export type Json = z.infer<typeof Json>

/** JSON Schema 2020-12, which is what OpenAPI 3.1 speaks; schemas with an id are moved into `components`. */
export const toJsonSchema = (components: Json, schema: z.ZodType, io: 'input' | 'output'): Json => {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }))
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = Json.parse(JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')))
  Object.assign(components, $defs)
  return rest
}

/** A body of one media type. */
export const content = (schema: Json, mediaType = 'application/json') => ({
  content: { [mediaType]: { schema } },
})

/** Says where in `components` something stands. */
export const refer = (kind: 'parameters' | 'headers', name: string) => ({
  $ref: `#/components/${kind}/${name}`,
})
