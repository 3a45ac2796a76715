import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import type { EvaluationEnv } from './authenticate.ts'
import { requestIdOf } from './request-id.ts'

/*
 * The headers of every answer, put on it when it is there. What is set before, hono gathers and copies from one
 * Headers object to the next, each entry a call out of JavaScript: measured, a third of a warm request.
 */

/**
 * Answers are personal: no cache on the way may keep them. They are data, never a page: no browser may guess another
 * type, run or frame them, whatever of a request they repeat. And they say which snapshot they come from.
 */
export const labelled = createMiddleware<EvaluationEnv>(async function labelled(c, next) {
  await next()
  const { headers } = c.res
  headers.set('Cache-Control', 'private, no-store')
  headers.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('Strict-Transport-Security', 'max-age=31536000')
  headers.set('X-Request-Id', requestIdOf(c))
  const held: EvaluationEnv['Variables']['held'] | undefined = c.get('held')
  if (!held) return
  headers.set('X-Snapshot-Version', String(held.snapshot.version))
  headers.set(
    'X-Snapshot-Age',
    String(Math.max(0, Math.floor((Date.now() - held.verifiedAt) / 1000))),
  )
})

const allowedOrigin = (origin: string, { ALLOWED_ORIGINS }: Env): string | null => {
  const allowed = ALLOWED_ORIGINS.split(',').map((entry) => entry.trim())
  return allowed.includes('*') ? '*' : allowed.includes(origin) ? origin : null
}

const EXPOSED = [
  'ETag',
  'Retry-After',
  'X-Request-Id',
  'X-Snapshot-Version',
  'X-Snapshot-Age',
].join(',')

const preflight = cors({
  origin: (origin, c) => allowedOrigin(origin, c.env as Env),
  allowMethods: ['GET', 'POST', 'OPTIONS'],
  allowHeaders: ['Authorization', 'X-API-Key', 'Content-Type', 'If-None-Match', 'Last-Event-ID'],
  maxAge: 86_400,
})

/** Pages of the allowed origins may evaluate; nothing of the admin API is open to other origins. */
export const openToPages = createMiddleware<{ Bindings: Env }>(async function openToPages(c, next) {
  if (c.req.method === 'OPTIONS') return preflight(c, next)
  await next()
  const { headers } = c.res
  const origin = allowedOrigin(c.req.header('Origin') ?? '', c.env)
  if (origin !== null) headers.set('Access-Control-Allow-Origin', origin)
  headers.set('Access-Control-Expose-Headers', EXPOSED)
  headers.append('Vary', 'Origin')
})
