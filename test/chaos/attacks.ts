import { ADMIN, CLIENT, EDITOR, SERVER, VIEWER } from '../support/credentials.ts'
import type { listOperations, Document } from '../support/openapi.ts'
import { aBody, aString } from './hostile.ts'
import type { Random } from './random.ts'

/** Credentials that may read at most: no request of theirs changes a flag, an experiment or a key. */
export const HARMLESS = [undefined, CLIENT, SERVER, VIEWER, 'flags_unknown', '__proto__'] as const
/** Credentials that may edit: no request of theirs breaks the service. */
export const ROOT = 'the-secret-itself'
export const TRUSTED = [EDITOR, ADMIN, ROOT] as const

export type Attack = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

type Operation = ReturnType<typeof listOperations>[number]

const encode = (text: string) => encodeURIComponent(text.toWellFormed())

/** Values for a parameter in a path. Most exist, so that the request reaches the code of the route. */
const segment = (r: Random): string =>
  r.weighted<() => string>([
    [6, () => r.pick('feature.a', 'feature.b', 'feature.c', 'exp-a', 'exp-b', '1')],
    [4, () => encode(aString(r))],
    [
      1,
      () => r.pick('%00', '..%2f..', '%2F', '%', '%zz', '%c0%ae', ';a=b', 'a//b', './a', 'a?b=c#d'),
    ],
    [0.2, () => 'p'.repeat(20_000)],
  ])()

const query = (r: Random, { parameters }: Operation): string => {
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  const pairs = r.times(r.below(3), () => {
    const name = r.pick('minVersion', 'flagConfigEtag', '__proto__', ...names, ...names)
    return `${name}=${r.chance(0.1) ? '%zz' : encode(aString(r))}`
  })
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const authorization = (r: Random, credential: string | undefined): Record<string, string> => {
  if (credential === undefined)
    return r.pick<Record<string, string>>(
      {},
      {},
      {
        Authorization: r.pick('Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'bearer\tx', ','),
      },
      {
        Cookie: r.pick(
          '__Host-flags_session=x',
          '__Host-flags_session=',
          'a=b; ;;=',
          'flags_session=1',
        ),
      },
      { 'X-API-Key': r.pick('', 'x', 'null', 'k'.repeat(5_000)) },
    )
  return r.chance(0.8) ? { Authorization: `Bearer ${credential}` } : { 'X-API-Key': credential }
}

const GARBAGE_TAGS = [
  '*',
  '"1"',
  'W/"1"',
  '"',
  '1',
  '"-1"',
  '"99999999999999999999"',
  '"a", "b"',
  '',
]

const tricks = (r: Random): Record<string, string> =>
  Object.assign(
    {},
    ...r.times(r.below(3), () =>
      r.pick<Record<string, string>>(
        { 'If-Match': r.pick('"2"', '"1"', '"3"', ...GARBAGE_TAGS) },
        { 'If-None-Match': r.pick('*', ...GARBAGE_TAGS) },
        { 'X-HTTP-Method-Override': r.pick('DELETE', 'PUT', 'PATCH') },
        { Origin: r.pick('null', 'https://evil.test', 'https://flags.test', '*') },
        {
          'Cf-Access-Jwt-Assertion': 'e30.e30.',
          'Cf-Access-Authenticated-User-Email': 'root@flags.test',
        },
        { 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-Host': 'evil.test' },
        { 'X-User-Token': r.pick('', 'a.b.c', 'e30.e30.', '.'.repeat(5_000)) },
        { 'Last-Event-ID': r.pick('-1', 'NaN', '99999999999999999999') },
        { Accept: r.pick('text/html', '*/*;q=0', 'x'.repeat(2_000)) },
        { 'Content-Encoding': 'gzip' },
        { Range: 'bytes=0-1' },
      ),
    ),
  )

const contentType = (r: Random): Record<string, string> =>
  r.weighted<Record<string, string>>([
    [12, { 'Content-Type': 'application/json' }],
    [1, { 'Content-Type': 'application/json; charset=utf-16' }],
    [1, { 'Content-Type': 'text/html' }],
    [1, { 'Content-Type': 'multipart/form-data; boundary=x' }],
    [1, { 'Content-Type': '' }],
    [1, {}],
  ])

/** One hostile request to an operation of the OpenAPI document. */
export const anAttack = (
  r: Random,
  operation: Operation,
  { components }: Document,
  credential: string | undefined,
): Attack => {
  const method = r.chance(0.9)
    ? operation.method
    : r.pick('HEAD', 'OPTIONS', 'DELETE', 'POST', 'PATCH', 'PUT', 'BREW', 'GET')
  const path = operation.path.replaceAll(/\{\w+\}/g, () => segment(r)) + query(r, operation)
  const schema = operation.requestBody?.content['application/json'].schema ?? {}
  const hasBody = method !== 'GET' && method !== 'HEAD' && (operation.requestBody || r.chance(0.1))
  return {
    method,
    path,
    headers: { ...(hasBody && contentType(r)), ...authorization(r, credential), ...tricks(r) },
    body: hasBody ? aBody(r, schema, components.schemas) : undefined,
  }
}
