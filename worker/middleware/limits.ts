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
 * and lets a little more through: the limits bound costs and floods, they are no exact meter.
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

/** Says in the log that a limit was reached, once a minute: a flood of requests must not become one of lines. */
const announce = (env: Env, limit: Name, keyId?: string) => {
  const { announcedAt } = getMemory(env)
  if (Date.now() - (announcedAt.get(limit) ?? 0) < PERIOD_SECONDS * 1000) return
  announcedAt.set(limit, Date.now())
  console.warn({ event: 'limit.reached', limit, ...(keyId !== undefined && { keyId }) })
}

/** Counts one request. A limiter that fails lets it through: what protects the service must not take it down. */
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
 * The stricter limits of what reaches a user's object: of the key, and, since a client key is anyone's, of the
 * address that uses it, so that one visitor cannot use up what all visitors share.
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

/** Stands before any look at the credential: guessing tokens costs D1 a look-up each. */
export const limitAdministration = byAddress(
  'ADMIN_LIMIT',
  'too many requests to the admin API from here',
)
export const limitSignIn = byAddress('SIGN_IN_LIMIT', 'too many attempts to sign in from here')
/** Of its own: who cannot sign in, in an office that shares one address, must not lock the kill switch. */
export const limitBreakGlass = byAddress(
  'BREAK_GLASS_LIMIT',
  'too many attempts to break the glass from here',
)
