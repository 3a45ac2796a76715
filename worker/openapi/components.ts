import { SESSION_COOKIE } from '../middleware/session.ts'

/*
 * What many operations have in common beside their schemas, by the name that it has in `components`. Which operation
 * has what is noted where it is read or answered.
 */

const text = { type: 'string' } as const

/** What is read of a request beside what a schema validates. */
export const parameters = {
  'X-Request-Id': {
    name: 'X-Request-Id',
    in: 'header',
    description:
      'Joins this request, its answer and our log lines. Another value is as good as none.',
    schema: { type: 'string', pattern: String.raw`^[\w.-]{1,64}$` },
  },
  'X-User-Token': {
    name: 'X-User-Token',
    in: 'header',
    description:
      'What a client key may demand: a signed JWT with `sub`, `exp`, and maybe `role`, `city` and `categories`.',
    schema: text,
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    description:
      'The version to edit, in quotes, as its `ETag` has it: 412 when it is another by now.',
    schema: { type: 'string', pattern: String.raw`^"\d{1,15}"$` },
  },
  'If-Absent': {
    name: 'If-None-Match',
    in: 'header',
    description: '`*`: only when there is no such thing yet, else 412.',
    schema: { type: 'string', const: '*' },
  },
  'If-Changed': {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of an earlier answer: 304 when this one would be the same.',
    schema: text,
  },
  minVersion: {
    name: 'minVersion',
    in: 'query',
    description:
      'A snapshot version that one has heard of: the answer is of that one or a newer, if it can be had in 250 ms.',
    schema: { type: 'integer', minimum: 0 },
  },
  flagConfigEtag: {
    name: 'flagConfigEtag',
    in: 'query',
    description: 'The same, as OFREP names it: the `etag` of an event. `minVersion` wins.',
    schema: text,
  },
} as const
export type ParameterName = keyof typeof parameters

/** The headers of answers. */
export const headers = {
  'X-Request-Id': {
    description:
      "The request's own, else one of ours; evaluations that succeed repeat the request's own and make none.",
    schema: text,
  },
  'X-Snapshot-Version': {
    description: 'The snapshot that answers. A refusal has it when one was looked at.',
    schema: { type: 'integer' },
  },
  'X-Snapshot-Age': {
    description: 'Seconds since that snapshot was known to be the newest.',
    schema: { type: 'integer' },
  },
  ETag: {
    description:
      'Of this version of the thing, or of this answer; for `If-Match` or `If-None-Match`.',
    schema: text,
  },
  'Set-Cookie': { description: 'The session: opened, or ended.', schema: text },
  'Content-Disposition': { description: 'The name of the file that it is.', schema: text },
  'Retry-After': {
    description: 'Seconds to wait before asking again.',
    schema: { type: 'integer' },
  },
  'WWW-Authenticate': { description: 'What is asked for: `Bearer`.', schema: text },
} as const
export type HeaderName = keyof typeof headers

/** How a caller says who it is. */
export const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  streamToken: {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description: 'Opens the stream, and nothing else: where a page cannot set a header.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'Of the admin UI. Writes from its own origin only.',
  },
  access: {
    type: 'apiKey',
    in: 'header',
    name: 'Cf-Access-Jwt-Assertion',
    description: 'What Cloudflare Access signs for members, where it is set up.',
  },
} as const
export type SchemeName = keyof typeof securitySchemes
