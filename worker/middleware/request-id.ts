import type { Context } from 'hono'

/** What may stand in a log line as it came: no spaces, quotes or line ends. */
const READABLE = /^[\w.-]{1,64}$/

const made = new WeakMap<Context, string>()

/** The caller's own `X-Request-Id`, when it is a readable one. */
export const readRequestId = (c: Context): string | undefined => {
  const sent = c.req.header('X-Request-Id')
  return sent !== undefined && READABLE.test(sent) ? sent : undefined
}

/** What joins an answer, its log lines and the caller's own: the caller's id, else Cloudflare's Ray ID, else a random one. */
export const getRequestId = (c: Context): string => {
  const sent = readRequestId(c)
  if (sent !== undefined) return sent
  const ray = c.req.header('CF-Ray')
  if (ray !== undefined && READABLE.test(ray)) return ray
  const id = made.get(c) ?? crypto.randomUUID()
  made.set(c, id)
  return id
}
