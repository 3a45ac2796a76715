import { SESSION_COOKIE } from '../middleware/session.ts'

/*
 * Parameters, headers and security schemes that operations share, by their names in `components`. Each route names
 * those that it reads or answers.
 */

const text = { type: 'string' } as const

/** Parameters that no schema validates. */
export const parameters = {
  'X-Request-Id': {
    name: 'X-Request-Id',
    in: 'header',
    description:
      'The id that this request, its answer and our log lines share. Another form is ignored.',
    schema: { type: 'string', pattern: String.raw`^[\w.-]{1,64}$` },
  },
  'X-User-Token': {
    name: 'X-User-Token',
    in: 'header',
    description:
      'A signed JWT that a client key may demand, with `sub`, `exp`, and maybe `role`, `city` and `categories`.',
    schema: text,
  },
  'If-Match': {
    name: 'If-Match',
    in: 'header',
    description: 'The version to edit, in quotes, as in its `ETag`. Another version answers 412.',
    schema: { type: 'string', pattern: String.raw`^"\d{1,15}"$` },
  },
  'If-Absent': {
    name: 'If-None-Match',
    in: 'header',
    description: '`*`: only creates; 412 when it exists already.',
    schema: { type: 'string', const: '*' },
  },
  'If-Changed': {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of an earlier answer. An equal answer is a 304.',
    schema: text,
  },
  minVersion: {
    name: 'minVersion',
    in: 'query',
    description:
      'A snapshot version. The answer has at least this version, if it can be loaded within 250 ms.',
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

export const headers = {
  'X-Request-Id': {
    description:
      'The id of the request, else a new one. A successful evaluation repeats an id and creates none.',
    schema: text,
  },
  'X-Snapshot-Version': {
    description:
      'The version of the snapshot that answers. An error has it when a snapshot was loaded.',
    schema: { type: 'integer' },
  },
  'X-Snapshot-Age': {
    description: 'Seconds since the snapshot was last verified as the newest.',
    schema: { type: 'integer' },
  },
  ETag: {
    description:
      'The version of a flag or experiment, or of this answer. For `If-Match` or `If-None-Match`.',
    schema: text,
  },
  'Set-Cookie': { description: 'The session cookie, set or deleted.', schema: text },
  'Content-Disposition': { description: 'The file name.', schema: text },
  'Retry-After': {
    description: 'Seconds to wait before asking again.',
    schema: { type: 'integer' },
  },
  'WWW-Authenticate': { description: 'The scheme that the route accepts: `Bearer`.', schema: text },
} as const
export type HeaderName = keyof typeof headers

export const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  streamToken: {
    type: 'apiKey',
    in: 'query',
    name: 'token',
    description: 'Opens the stream and nothing else, because EventSource cannot set headers.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'The session of the admin UI. Writes need its own origin.',
  },
  access: {
    type: 'apiKey',
    in: 'header',
    name: 'Cf-Access-Jwt-Assertion',
    description: 'The assertion of Cloudflare Access for a member, where Access is configured.',
  },
} as const
export type SchemeName = keyof typeof securitySchemes
