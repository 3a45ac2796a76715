import type { Context, MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { matchesOrigin } from '../../schema/origin.ts'
import type { Env } from '../env.ts'

const getAllowedOrigins = ({ ALLOWED_ORIGINS = '*' }: Env) => ALLOWED_ORIGINS

/** The origin that may read the answer. Null when no page asks or its origin is not allowed. */
export const allowedOrigin = (c: Context): string | null => {
  const origin = c.req.header('Origin')
  if (origin === undefined) return null
  const list = getAllowedOrigins(c.env)
  if (list === '*') return '*'
  const allowed = list.split(',').map((entry) => entry.trim())
  return allowed.includes('*')
    ? '*'
    : allowed.some((listed) => matchesOrigin(listed, origin))
      ? origin
      : null
}

const EXPOSED = [
  'ETag',
  'Retry-After',
  'X-Request-Id',
  'X-Snapshot-Version',
  'X-Snapshot-Age',
].join(',')

/** The headers that let this origin read an answer. The answer varies by origin only where a list restricts it. */
export const corsHeaders = (reader: string | null, env: Env): Readonly<Record<string, string>> => ({
  ...(reader !== null && {
    'Access-Control-Allow-Origin': reader,
    'Access-Control-Expose-Headers': EXPOSED,
  }),
  ...(getAllowedOrigins(env) !== '*' && { Vary: 'Origin' }),
})

/** The headers that our clients send. Pages may send others too. */
const CLIENT_HEADERS = [
  'Authorization',
  'X-API-Key',
  'X-User-Token',
  'X-Request-Id',
  'Content-Type',
  'If-None-Match',
  'Last-Event-ID',
]

/** The form of a header's name (RFC 9110, 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/
/** A longer list of names counts as empty, so that an answer cannot grow with its request. */
const MAX_REQUESTED_LENGTH = 2_048

/**
 * The headers that a preflight allows: those of our clients, and each other that the page asks for. Tracing agents add
 * headers to every request of a page, and one that is refused fails the call. To allow any is safe: the evaluation API
 * reads no cookie and allows no credentials, so a page gains nothing that a program without CORS does not have.
 */
const listAllowedHeaders = (requested = ''): string[] => {
  const names = requested.length > MAX_REQUESTED_LENGTH ? [] : requested.split(',')
  return [...CLIENT_HEADERS, ...names.map((name) => name.trim()).filter((name) => TOKEN.test(name))]
}

const preflight: MiddlewareHandler = (c, next) =>
  cors({
    origin: () => allowedOrigin(c),
    allowMethods: ['GET', 'POST', 'OPTIONS'],
    allowHeaders: listAllowedHeaders(c.req.header('Access-Control-Request-Headers')),
    maxAge: 86_400,
  })(c, next)

/** Lets a page of an allowed origin read an answer. */
export const applyCors = (c: Context, { headers }: Response): void => {
  for (const [name, value] of Object.entries(corsHeaders(allowedOrigin(c), c.env)))
    headers.set(name, value)
}

/** Pages of the allowed origins may evaluate. The admin API is closed to other origins. */
export const evaluationCors = createMiddleware<{ Bindings: Env }>(
  async function evaluationCors(c, next) {
    if (c.req.method === 'OPTIONS') return preflight(c, next)
    await next()
    applyCors(c, c.res)
  },
)
