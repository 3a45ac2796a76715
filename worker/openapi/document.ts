import type { RouterRoute } from 'hono/types'
import * as z from 'zod'
import { ErrorBody } from '../../schema/problem.ts'
import { isBodyNeeded } from '../middleware/body.ts'
import { headers, parameters, securitySchemes, type HeaderName } from './components.ts'
import { noteOf, type Note, type Operation } from './notes.ts'

const DESCRIPTION = `Feature flags and A/B experiments, evaluated at the edge.

Evaluation takes a key of kind \`client\` or \`server\`; administration takes a token with a role. A client key may
demand a signed user token beside it (\`X-User-Token\`), or be for pages of some origins only (403 for others).
Every evaluation says which snapshot it comes from (\`X-Snapshot-Version\`) and how long ago that was known
to be the newest (\`X-Snapshot-Age\`, seconds); \`?minVersion=N\` asks for at least version N.
Another method than those of an address gets a 405, and \`Allow\` names them.`

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

/** Headers that a refusal of this status has, whatever refuses. */
const headersOfRefusal: Readonly<Record<number, readonly HeaderName[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
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

const content = (schema: Json, mediaType = 'application/json') => ({
  content: { [mediaType]: { schema } },
})

const refer = (kind: 'parameters' | 'headers', name: string) => ({
  $ref: `#/components/${kind}/${name}`,
})

const headersOf = (names: readonly HeaderName[]) => ({
  headers: Object.fromEntries(names.map((name) => [name, refer('headers', name)])),
})

/** What is answered and how it is described: by its schema, else by what the operation does. */
const answerOf = (
  components: Json,
  answer: Operation['answers'][number],
  { summary }: Operation,
): Json => {
  if (typeof answer === 'string') return { description: answer }
  if ('mediaType' in answer)
    return { description: answer.description, ...content({ type: 'string' }, answer.mediaType) }
  return {
    description: answer.description ?? summary,
    ...content(schemaIn(components, answer, 'output')),
  }
}

const responsesOf = (components: Json, operation: Operation, always: readonly HeaderName[]) => ({
  ...Object.fromEntries(
    Object.entries(operation.answers).map(([status, answer]) => [
      status,
      {
        ...answerOf(components, answer, operation),
        ...headersOf([...always, ...(operation.headers ?? [])]),
      },
    ]),
  ),
  ...Object.fromEntries(
    operation.errors.map((status) => [
      status,
      {
        description: refusals[status] ?? 'Refused',
        ...content(schemaIn(components, ErrorBody, 'output')),
        ...headersOf([...always, ...(headersOfRefusal[status] ?? [])]),
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

const operationOf = (components: Json, method: string, path: string, notes: readonly Note[]) => {
  const operation = notes.find((note) => note.operation)?.operation
  if (!operation) return undefined
  const inputs = notes.flatMap(({ input }) => input ?? [])
  const body = inputs.find(({ target }) => target === 'json')
  const validated = inputs.flatMap(({ target, schema }) =>
    target === 'json'
      ? []
      : parametersOf(schemaIn(components, schema, 'input'), target === 'param' ? 'path' : 'query'),
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
        ...content(schemaIn(components, body.schema, 'input')),
      },
    }),
    responses: responsesOf(components, operation, ['X-Request-Id', ...always]),
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
    components: { schemas, parameters, headers, securitySchemes },
  }
}
