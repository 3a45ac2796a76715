import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { LoadedSnapshot } from '../snapshot/reader.ts'
import type { EvaluationEnv } from './evaluation-key.ts'
import { getRequestId } from './request-id.ts'

/**
 * Answers are personal, so no cache may keep them. They are data and may repeat parts of a request, so no browser may
 * guess another type, run or frame them.
 */
export const SECURITY_HEADERS = {
  'Cache-Control': 'private, no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Strict-Transport-Security': 'max-age=31536000',
} as const

/** How long ago a snapshot was known to be the newest, in whole seconds. */
export const ageSeconds = ({ verifiedAt }: LoadedSnapshot): number =>
  Math.max(0, Math.floor((Date.now() - verifiedAt) / 1000))

/** Sets the headers of every answer, and those that name its snapshot. */
export const setResponseHeaders = (c: Context, { headers }: Response): void => {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value)
  headers.set('X-Request-Id', getRequestId(c))
  const loaded: EvaluationEnv['Variables']['loaded'] | undefined = c.get('loaded')
  if (!loaded) return
  headers.set('X-Snapshot-Version', String(loaded.snapshot.version))
  headers.set('X-Snapshot-Age', String(ageSeconds(loaded)))
}

/** Sets headers after the handler, because Hono copies headers set before it one by one. */
export const responseHeaders = createMiddleware<EvaluationEnv>(
  async function responseHeaders(c, next) {
    await next()
    setResponseHeaders(c, c.res)
  },
)
