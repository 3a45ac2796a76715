import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import { withDocs, type RouteDocs } from '../openapi/route-docs.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { getSnapshotReader } from '../snapshot/isolate-reader.ts'
import { findKey, type EvaluationKey } from '../snapshot/keys.ts'
import type { Freshness } from '../snapshot/freshness.ts'
import type { LoadedSnapshot } from '../snapshot/reader.ts'
import { reportKeyUsage } from './key-usage.ts'
import { limitEvaluation } from './limits.ts'
import { refuseOtherOrigins } from './origins.ts'

export type EvaluationEnv = {
  Bindings: Env
  Variables: { loaded: LoadedSnapshot; key: EvaluationKey }
}

/** How fresh the snapshot must be before a key counts as unknown: a key just made must not be refused for long. */
const UNKNOWN_KEY_AGE_MS = 1_000

const BEARER = /^Bearer\s+(\S+)\s*$/i

/** The key or token that a request shows. */
export const readCredential = (c: Context): string | undefined => {
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
export const SNAPSHOT_HEADERS: RouteDocs = { headers: ['X-Snapshot-Version', 'X-Snapshot-Age'] }

/** Takes the snapshot, notes which one it is for `label`, or answers 503 when there never was one. */
export const requireSnapshot = async (
  c: Context,
  demand: Freshness = {},
): Promise<LoadedSnapshot> => {
  const loaded = await getSnapshotReader(c.env).current(demand, (work) =>
    c.executionCtx.waitUntil(work),
  )
  if (!loaded) throw unavailable('no snapshot can be had: KV and the Publisher do not answer')
  c.set('loaded', loaded)
  return loaded
}

/** What a request was let in with: its key, and the snapshot to answer from. */
export type Admission = { readonly loaded: LoadedSnapshot; readonly key: EvaluationKey }

/** The admission of a key that this snapshot knows. */
const checkKey = (
  c: Context<EvaluationEnv>,
  loaded: LoadedSnapshot,
  presented: string,
): Admission | undefined => {
  const key = findKey(loaded.snapshot.keys, presented)
  if (!key) return undefined
  refuseOtherOrigins(c, key)
  limitEvaluation(c.env, key, c)
  reportKeyUsage(c, key)
  return { loaded, key }
}

const authenticateWithRefresh = async (
  c: Context<EvaluationEnv>,
  presented: string,
  demand: Freshness,
) => {
  const known = checkKey(c, await requireSnapshot(c, demand), presented)
  if (known) return known
  const fresh = await requireSnapshot(c, { ...demand, maxAgeMs: UNKNOWN_KEY_AGE_MS })
  const admission = checkKey(c, fresh, presented)
  if (!admission) throw unauthorized('this is not an evaluation key, or it was revoked')
  return admission
}

/**
 * Lets in who has an evaluation key that the snapshot knows, with the snapshot to answer from. A warm isolate does
 * no I/O here, and does not even wait. The snapshot that answers is the one that admits: the demanded version may be
 * the one that makes the key, or revokes it.
 */
export const authenticateKey = (c: Context<EvaluationEnv>): Admission | Promise<Admission> => {
  const presented = readCredential(c)
  if (!presented)
    throw unauthorized('send an evaluation key as `Authorization: Bearer KEY` or `X-API-Key: KEY`')
  const minVersion = demandedVersion(c)
  const loaded = getSnapshotReader(c.env).verified(minVersion)
  return (
    (loaded && checkKey(c, loaded, presented)) ??
    authenticateWithRefresh(c, presented, { minVersion })
  )
}

/** What is read of whoever comes with a key, and answered to them. */
export const KEY_AUTH_DOCS: RouteDocs = {
  ...SNAPSHOT_HEADERS,
  reads: ['X-User-Token', 'minVersion'],
}

/** `admit`, as a middleware. */
export const withSnapshot = withDocs(
  createMiddleware<EvaluationEnv>(async function withSnapshot(c, next) {
    const { loaded, key } = await authenticateKey(c)
    c.set('loaded', loaded)
    c.set('key', key)
    await next()
  }),
  KEY_AUTH_DOCS,
)
