import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { perIsolate } from '../lib/per-isolate.ts'
import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { getClientAddress } from '../lib/client-address.ts'

/*
 * Rate limits. wrangler.toml has the numbers; a limit without a binding does not apply. Cloudflare counts by location
 * and admits a little more: the limits bound costs and floods, and are not exact.
 */

type Name =
  | 'EVALUATION_LIMIT'
  | 'PARTICIPATION_LIMIT'
  | 'VISITOR_LIMIT'
  | 'ADMIN_LIMIT'
  | 'SIGN_IN_LIMIT'
  | 'BREAK_GLASS_LIMIT'

/** The period of all limits in wrangler.toml. */
const PERIOD_SECONDS = 60

/** One evaluation in this many is counted, by chance, behind the answer: a warm isolate answers without any call. */
export const EVALUATIONS_A_COUNT = 100
/** How long an isolate refuses a key that was found over its limit. */
const REFUSE_MS = 10_000

/** When keys were found over their limit, and when limits were logged. */
const getMemory = perIsolate((_env: Env) => ({
  refusedUntil: new Map<string, number>(),
  announcedAt: new Map<Name, number>(),
}))

/** Logs that a limit was reached, at most once a minute: a flood of requests must not flood the log. */
const announce = (env: Env, limit: Name, keyId?: string) => {
  const { announcedAt } = getMemory(env)
  if (Date.now() - (announcedAt.get(limit) ?? 0) < PERIOD_SECONDS * 1000) return
  announcedAt.set(limit, Date.now())
  console.warn({ event: 'limit.reached', limit, ...(keyId !== undefined && { keyId }) })
}

/** Counts one request. A limiter that fails admits it: a limiter must not take the service down. */
const isWithin = async (env: Env, name: Name, key: string): Promise<boolean> => {
  try {
    return (await env[name]?.limit({ key }))?.success ?? true
  } catch (error) {
    console.warn({ event: 'limit.unusable', limit: name, error: describeError(error) })
    return true
  }
}

const tooMany = (details: string, seconds = PERIOD_SECONDS) =>
  new Problem('TOO_MANY_REQUESTS', details, { headers: { 'Retry-After': String(seconds) } })

const demand = async (env: Env, name: Name, key: string, details: string, keyId?: string) => {
  if (await isWithin(env, name, key)) return
  announce(env, name, keyId)
  throw tooMany(details)
}

/** Refuses a key that is over its limit. Costs no I/O: counting goes on behind the answer. */
export const limitEvaluation = (env: Env, { id }: EvaluationKey, c: Context): void => {
  if (!env.EVALUATION_LIMIT) return
  const { refusedUntil } = getMemory(env)
  const until = refusedUntil.get(id)
  if (until !== undefined && Date.now() < until)
    throw tooMany('this key evaluates more often than it may', REFUSE_MS / 1000)
  if (Math.random() * EVALUATIONS_A_COUNT >= 1) return
  const count = async () => {
    if (await isWithin(env, 'EVALUATION_LIMIT', id)) return
    refusedUntil.set(id, Date.now() + REFUSE_MS)
    announce(env, 'EVALUATION_LIMIT', id)
  }
  c.executionCtx.waitUntil(count())
}

/**
 * The stricter limits of requests that reach a participant object. Anyone can read a client key, so its limit also
 * counts by address: one visitor cannot use up the limit of all.
 */
export const limitParticipation = createMiddleware<{
  Bindings: Env
  Variables: { key: EvaluationKey }
}>(async function limitParticipation(c, next) {
  const { id, kind } = c.var.key
  const visitor = getClientAddress(c.req.raw)
  if (kind === 'client' && visitor !== undefined)
    await demand(c.env, 'VISITOR_LIMIT', `${id} ${visitor}`, 'too many requests from here', id)
  await demand(c.env, 'PARTICIPATION_LIMIT', id, 'this key is used more often than it may be', id)
  await next()
})

const byAddress = (name: Name, details: string) =>
  createMiddleware<{ Bindings: Env }>(async function limitAddress(c, next) {
    const visitor = getClientAddress(c.req.raw)
    if (visitor !== undefined) await demand(c.env, name, visitor, details)
    await next()
  })

/** Comes before authentication, because each guessed token costs a query of D1. */
export const limitAdministration = byAddress(
  'ADMIN_LIMIT',
  'too many requests to the admin API from here',
)
export const limitSignIn = byAddress('SIGN_IN_LIMIT', 'too many attempts to sign in from here')
/** Separate from sign-in: failed sign-ins from a shared office address must not block the kill switch. */
export const limitBreakGlass = byAddress(
  'BREAK_GLASS_LIMIT',
  'too many attempts to break the glass from here',
)
