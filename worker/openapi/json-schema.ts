import * as z from 'zod'

export const Json = z.record(z.string(), z.unknown())
export type Json = z.infer<typeof Json>

/** JSON Schema 2020-12, as OpenAPI 3.1 requires. Schemas with an id move into `components`. */
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

/** A reference into `components`. */
export const refer = (kind: 'parameters' | 'headers', name: string) => ({
  $ref: `#/components/${kind}/${name}`,
})
