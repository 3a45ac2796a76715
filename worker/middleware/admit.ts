import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import { documented, type Note } from '../openapi/notes.ts'
import { Problem, unavailable } from '../problem.ts'
import { readerOf } from '../snapshot/isolate.ts'
import { findKey, type AdmittedKey } from '../snapshot/keys.ts'
import type { Demand, Held } from '../snapshot/reader.ts'
import { noteKeyUse } from './key-use.ts'
import { limitEvaluation } from './limits.ts'
import { refuseOtherOrigins } from './origins.ts'

export type EvaluationEnv = { Bindings: Env; Variables: { held: Held; key: AdmittedKey } }

/** How fresh the snapshot must be before a key counts as unknown: a key just made must not be refused for long. */
const UNKNOWN_KEY_AGE_MS = 1_000

const BEARER = /^Bearer\s+(\S+)\s*$/i

/** The key or token that a request shows. */
export const presentedIn = (c: Context): string | undefined => {
  const { headers } = c.req.raw
  const authorization = headers.get('Authorization')
  const bearer = authorization === null ? undefined : BEARER.exec(authorization)?.[1]
  return bearer ?? headers.get('X-API-Key') ?? undefined
}

export const unauthorized = (details: string) =>
  new Problem('UNAUTHORIZED', details, { headers: { 'WWW-Authenticate': 'Bearer' } })

/** The version that a client has heard of: `minVersion`, or the etag of an OFREP event, which is the same. */
const demandedVersion = (c: Context): number => {
  if (!c.req.raw.url.includes('?')) return 0
  const { minVersion, flagConfigEtag } = c.req.query()
  const version = Number((minVersion ?? flagConfigEtag ?? '0').replaceAll(/^(W\/)?"|"$/g, ''))
  return Number.isSafeInteger(version) ? version : 0
}

/** What `label` says of it on every answer. */
export const HOLDING: Note = { headers: ['X-Snapshot-Version', 'X-Snapshot-Age'] }

/** Takes the snapshot, notes which one it is for `label`, or answers 503 when there never was one. */
export const holdSnapshot = async (c: Context, demand: Demand = {}): Promise<Held> => {
  const held = await readerOf(c.env).current(demand, (work) => c.executionCtx.waitUntil(work))
  if (!held) throw unavailable('no snapshot can be had: KV and the Publisher do not answer')
  c.set('held', held)
  return held
}

/** What a request was let in with: its key, and the snapshot to answer from. */
export type Admission = { readonly held: Held; readonly key: AdmittedKey }

/** The admission of a key that this snapshot knows. */
const letIn = (c: Context<EvaluationEnv>, held: Held, presented: string): Admission | undefined => {
  const key = findKey(held.snapshot.keys, presented)
  if (!key) return undefined
  refuseOtherOrigins(c, key)
  limitEvaluation(c.env, key, c)
  noteKeyUse(c, key)
  return { held, key }
}

const admitByDemand = async (c: Context<EvaluationEnv>, presented: string, demand: Demand) => {
  const known = letIn(c, await holdSnapshot(c, demand), presented)
  if (known) return known
  const fresh = await holdSnapshot(c, { ...demand, maxAgeMs: UNKNOWN_KEY_AGE_MS })
  const admission = letIn(c, fresh, presented)
  if (!admission) throw unauthorized('this is not an evaluation key, or it was revoked')
  return admission
}

/**
 * Lets in who has an evaluation key that the snapshot knows, with the snapshot to answer from. A warm isolate does
 * no I/O here, and does not even wait. The snapshot that answers is the one that admits: the demanded version may be
 * the one that makes the key, or revokes it.
 */
export const admit = (c: Context<EvaluationEnv>): Admission | Promise<Admission> => {
  const presented = presentedIn(c)
  if (!presented)
    throw unauthorized('send an evaluation key as `Authorization: Bearer KEY` or `X-API-Key: KEY`')
  const minVersion = demandedVersion(c)
  const held = readerOf(c.env).verified(minVersion)
  return (held && letIn(c, held, presented)) ?? admitByDemand(c, presented, { minVersion })
}

/** What is read of whoever comes with a key, and answered to them. */
export const ADMISSION: Note = { ...HOLDING, reads: ['X-User-Token', 'minVersion'] }

/** `admit`, as a middleware. */
export const withSnapshot = documented(
  createMiddleware<EvaluationEnv>(async function withSnapshot(c, next) {
    const { held, key } = await admit(c)
    c.set('held', held)
    c.set('key', key)
    await next()
  }),
  ADMISSION,
)
