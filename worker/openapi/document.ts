import type { RouterRoute } from 'hono/types'
import * as z from 'zod'
import { ErrorBody } from '../../schema/problem.ts'
import { noteOf, type Note, type Operation } from './notes.ts'

const DESCRIPTION = `Feature flags and A/B experiments, evaluated at the edge.

Evaluation takes a key of kind \`client\` or \`server\`; administration takes a token with a role. A client key may
demand a signed user token beside it (\`X-User-Token\`), or be for pages of some origins only (403 for others).
Every evaluation says which snapshot it comes from (\`X-Snapshot-Version\`) and how long ago that was known
to be the newest (\`X-Snapshot-Age\`, seconds); \`?minVersion=N\` asks for at least version N.`

const refusals: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'The key or token, or a user token that the key demands, is missing or not valid',
  403: 'The role, or the key, does not allow it',
  404: 'There is no such thing',
  409: 'The state does not allow it',
  412: 'Someone was faster: the version is another',
  413: 'The body is too large',
  415: 'The body is not JSON',
  429: 'Too many requests',
  503: 'A dependency does not answer; try again',
}

type Json = Record<string, unknown>

/** JSON Schema 2020-12, which is what OpenAPI 3.1 speaks; schemas with an id are moved into `components`. */
const schemaIn = (components: Json, schema: z.ZodType, io: 'input' | 'output'): Json => {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }))
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as Json
  Object.assign(components, $defs)
  return rest
}

const content = (schema: Json) => ({ content: { 'application/json': { schema } } })

const responsesOf = (components: Json, { answers, errors }: Operation) => ({
  ...Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      typeof answer === 'string'
        ? { description: answer }
        : { description: 'Done', ...content(schemaIn(components, answer, 'output')) },
    ]),
  ),
  ...Object.fromEntries(
    errors.map((status) => [
      status,
      {
        description: refusals[status] ?? 'Refused',
        ...content(schemaIn(components, ErrorBody, 'output')),
      },
    ]),
  ),
})

const parametersOf = (schema: Json, where: 'query' | 'path') =>
  Object.entries(schema.properties as Record<string, Json>).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || ((schema.required ?? []) as string[]).includes(name),
    schema: property,
  }))

/** Parameters that stand in the path but have no schema of their own. */
const plainPathParameters = (path: string, known: readonly { name: string }[]) =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
    .filter((name) => !known.some((parameter) => parameter.name === name))
    .map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

/** What a client key may demand of every operation that is about a user. */
const USER_TOKEN = {
  name: 'X-User-Token',
  in: 'header',
  required: false,
  description: 'A signed JWT with `sub`, `exp`, and maybe `role`, `city` and `categories`.',
  schema: { type: 'string' },
}

const operationOf = (components: Json, method: string, path: string, notes: readonly Note[]) => {
  const operation = notes.find((note) => note.operation)?.operation
  if (!operation) return undefined
  const inputs = notes.flatMap(({ input }) => input ?? [])
  const body = inputs.find(({ target }) => target === 'json')
  const parameters = inputs.flatMap(({ target, schema }) =>
    target === 'json'
      ? []
      : parametersOf(schemaIn(components, schema, 'input'), target === 'param' ? 'path' : 'query'),
  )
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.isPublic && { security: [] }),
    parameters: [
      ...parameters,
      ...plainPathParameters(path, parameters),
      ...(body && !path.startsWith('/api') ? [USER_TOKEN] : []),
    ],
    ...(body && {
      requestBody: {
        required: method !== 'DELETE',
        ...content(schemaIn(components, body.schema, 'input')),
      },
    }),
    responses: responsesOf(components, operation),
  }
}

/** The OpenAPI 3.1 document of all routes that are documented, made of the schemas that validate them. */
export const openApiDocument = (routes: readonly RouterRoute[]) => {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  const byRoute = Map.groupBy(routes, ({ method, path }) => `${method} ${path}`)
  for (const [route, handlers] of byRoute) {
    const [method = '', honoPath = ''] = route.split(' ')
    const path = honoPath.replaceAll(/:(\w+)/g, '{$1}')
    const notes = handlers.flatMap(({ handler }) => noteOf(handler) ?? [])
    const operation = operationOf(schemas, method, path, notes)
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
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
    security: [{ bearer: [] }, { apiKey: [] }],
  }
}
