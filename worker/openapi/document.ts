import type { RouterRoute } from 'hono/types'
import * as z from 'zod'
import { isBodyNeeded } from '../middleware/body.ts'
import { headers, parameters, securitySchemes } from './components.ts'
import { content, Json, refer, toJsonSchema } from './json-schema.ts'
import { getRouteDocs, type RouteDocs } from './route-docs.ts'
import { describeResponses } from './responses.ts'

const DESCRIPTION = `Feature flags and A/B experiments, evaluated at the edge.

Evaluation takes a key of kind \`client\` or \`server\`; administration takes a token with a role. A client key may
demand a signed user token beside it (\`X-User-Token\`), or be for pages of some origins only (403 for others).
Every evaluation says which snapshot it comes from (\`X-Snapshot-Version\`) and how long ago that was validated
to be the newest (\`X-Snapshot-Age\`, seconds); \`?minVersion=N\` asks for at least version N.
Another method than those of an address gets a 405, and \`Allow\` names them.`

const ObjectSchema = z.object({
  properties: z.record(z.string(), Json),
  required: z.array(z.string()).default([]),
})

const listParameters = (schema: Json, where: 'query' | 'path') => {
  const { properties, required } = ObjectSchema.parse(schema)
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }))
}

/** Parameters of the path without a schema of their own. */
const plainPathParameters = (path: string, validated: readonly { name: string }[]) =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
    .filter((name) => !validated.some((parameter) => parameter.name === name))
    .map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

const describeOperation = (
  components: Json,
  method: string,
  path: string,
  notes: readonly RouteDocs[],
) => {
  const operation = notes.find((note) => note.operation)?.operation
  if (!operation) return undefined
  const inputs = notes.flatMap(({ input }) => input ?? [])
  const body = inputs.find(({ target }) => target === 'json')
  const validated = inputs.flatMap(({ target, schema }) =>
    target === 'json'
      ? []
      : listParameters(
          toJsonSchema(components, schema, 'input'),
          target === 'param' ? 'path' : 'query',
        ),
  )
  const reads = [...notes, operation].flatMap((note) => note.reads ?? [])
  const always = notes.flatMap((note) => note.headers ?? [])
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    security: operation.admits.map((scheme) => ({ [scheme]: [] })),
    parameters: [
      ...validated,
      ...plainPathParameters(path, validated),
      ...[...reads, 'X-Request-Id'].map((name) => refer('parameters', name)),
    ],
    ...(body && {
      requestBody: {
        required: isBodyNeeded(method, body.schema),
        ...content(toJsonSchema(components, body.schema, 'input')),
      },
    }),
    responses: describeResponses(components, operation, ['X-Request-Id', ...always]),
  }
}

/** The OpenAPI 3.1 document of all documented routes, built from the schemas that validate them. */
export const createOpenApiDocument = (routes: readonly RouterRoute[]) => {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  const byRoute = Map.groupBy(routes, ({ method, path }) => `${method} ${path}`)
  for (const [route, handlers] of byRoute) {
    const [method = '', honoPath = ''] = route.split(' ')
    const path = honoPath.replaceAll(/:(\w+)/g, '{$1}')
    const notes = handlers.flatMap(({ handler }) => getRouteDocs(handler) ?? [])
    const operation = describeOperation(schemas, method, path, notes)
    if (operation) (paths[path] ??= {})[method.toLowerCase()] = operation
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'IndieTix Flags',
      version: '1',
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    paths,
    components: { schemas, parameters, headers, securitySchemes },
  }
}
