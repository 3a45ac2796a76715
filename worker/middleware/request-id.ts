import type { Context } from 'hono'

/** A log line may repeat an id only without spaces, quotes and line ends. */
const READABLE = /^[\w.-]{1,64}$/

const created = new WeakMap<Context, string>()

/** The caller's `X-Request-Id`, if it is readable. */
export const readRequestId = (c: Context): string | undefined => {
  const sent = c.req.header('X-Request-Id')
  return sent !== undefined && READABLE.test(sent) ? sent : undefined
}

/** The id that an answer and its log lines share: the caller's, else Cloudflare's Ray ID, else a random one. */
export const getRequestId = (c: Context): string => {
  const sent = readRequestId(c)
  if (sent !== undefined) return sent
  const ray = c.req.header('CF-Ray')
  if (ray !== undefined && READABLE.test(ray)) return ray
  const id = created.get(c) ?? crypto.randomUUID()
  created.set(c, id)
  return id
}
