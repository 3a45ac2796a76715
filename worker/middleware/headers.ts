import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Held } from '../snapshot/reader.ts'
import type { EvaluationEnv } from './admit.ts'
import { requestIdOf } from './request-id.ts'

/**
 * Answers are personal: no cache on the way may keep them. They are data, never a page: no browser may guess another
 * type, run or frame them, whatever of a request they repeat.
 */
export const SAFE = {
  'Cache-Control': 'private, no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Strict-Transport-Security': 'max-age=31536000',
} as const

/** How long ago a snapshot was known to be the newest, in whole seconds. */
export const ageOf = ({ verifiedAt }: Held): number =>
  Math.max(0, Math.floor((Date.now() - verifiedAt) / 1000))

/** Puts on an answer what every answer says, and which snapshot it comes from, if from one. */
export const label = (c: Context, { headers }: Response): void => {
  for (const [name, value] of Object.entries(SAFE)) headers.set(name, value)
  headers.set('X-Request-Id', requestIdOf(c))
  const held: EvaluationEnv['Variables']['held'] | undefined = c.get('held')
  if (!held) return
  headers.set('X-Snapshot-Version', String(held.snapshot.version))
  headers.set('X-Snapshot-Age', String(ageOf(held)))
}

/** Labels an answer when it is there: hono copies what is set before, entry by entry. */
export const labelled = createMiddleware<EvaluationEnv>(async function labelled(c, next) {
  await next()
  label(c, c.res)
})
