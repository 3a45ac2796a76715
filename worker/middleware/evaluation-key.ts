import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import { withDocs, type RouteDocs } from '../openapi/route-docs.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { getSnapshotReader } from '../snapshot/isolate-reader.ts'
import { findKey, type EvaluationKey, type KeyRing } from '../snapshot/keys.ts'
import type { Freshness } from '../snapshot/freshness.ts'
import type { LoadedSnapshot } from '../snapshot/reader.ts'
import { reportKeyUsage } from './key-usage.ts'
import { limitEvaluation } from './limits.ts'
import { refuseOtherOrigins } from './origins.ts'

export type EvaluationEnv = {
  Bindings: Env
  Variables: { loaded: LoadedSnapshot; key: EvaluationKey }
}

/** The age from which a snapshot may miss a key that was just created. */
const UNKNOWN_KEY_AGE_MS = 1_000

const BEARER = /^Bearer\s+(\S+)\s*$/i

/** The key or token that a request carries. */
export const readCredential = (c: Context): string | undefined => {
  const { headers } = c.req.raw
  const authorization = headers.get('Authorization')
  const bearer = authorization === null ? undefined : BEARER.exec(authorization)?.[1]
  return bearer ?? headers.get('X-API-Key') ?? undefined
}

export const unauthorized = (details: string) =>
  new Problem('UNAUTHORIZED', details, { headers: { 'WWW-Authenticate': 'Bearer' } })

/** The version that a client demands: `minVersion`, or the etag of an OFREP event, which is the same number. */
const readMinVersion = (c: Context): number => {
  if (!c.req.raw.url.includes('?')) return 0
  const { minVersion, flagConfigEtag } = c.req.query()
  const version = Number((minVersion ?? flagConfigEtag ?? '0').replaceAll(/^(W\/)?"|"$/g, ''))
  return Number.isSafeInteger(version) ? version : 0
}

/** The headers by which `setResponseHeaders` names the snapshot on every answer. */
export const SNAPSHOT_HEADERS: RouteDocs = { headers: ['X-Snapshot-Version', 'X-Snapshot-Age'] }

/** Loads a snapshot that is as new as demanded, or answers 503 when there never was one. */
export const requireSnapshot = async (
  c: Context,
  freshness: Freshness = {},
): Promise<LoadedSnapshot> => {
  const reader = getSnapshotReader(c.env)
  const loaded = await reader.current(freshness, (work) => c.executionCtx.waitUntil(work))
  if (!loaded) throw unavailable('no snapshot can be loaded: KV and the Publisher do not answer')
  c.set('loaded', loaded)
  return loaded
}

/** The key of a request, and the snapshot that has the key and answers the request. */
export type Authenticated = { readonly loaded: LoadedSnapshot; readonly key: EvaluationKey }

/**
 * Loads a snapshot and finds a key in it. A key that is unknown is looked up once more in a fresh snapshot, because it
 * may have been created a moment ago.
 */
export const loadWithKey = async (
  c: Context,
  find: (keys: KeyRing) => EvaluationKey | undefined,
  freshness: Freshness = {},
): Promise<Authenticated | undefined> => {
  const loaded = await requireSnapshot(c, freshness)
  const key = find(loaded.snapshot.keys)
  if (key) return { loaded, key }
  const fresh = await requireSnapshot(c, { ...freshness, maxAgeMs: UNKNOWN_KEY_AGE_MS })
  const newKey = find(fresh.snapshot.keys)
  return newKey && { loaded: fresh, key: newKey }
}

/** Checks whether this request may use its key. Costs no I/O before the answer. */
const checkKey = (c: Context<EvaluationEnv>, authenticated: Authenticated): Authenticated => {
  const { key } = authenticated
  refuseOtherOrigins(c, key)
  limitEvaluation(c.env, key, c)
  reportKeyUsage(c, key)
  return authenticated
}

const loadAndCheckKey = async (
  c: Context<EvaluationEnv>,
  credential: string,
  minVersion: number,
): Promise<Authenticated> => {
  const found = await loadWithKey(c, (keys) => findKey(keys, credential), { minVersion })
  if (!found) throw unauthorized('this is not an evaluation key, or it was revoked')
  return checkKey(c, found)
}

/**
 * Authenticates a request by its evaluation key. The snapshot that has the key also answers the request: the demanded
 * version may be the one that creates the key, or revokes it. A warm isolate does no I/O here and does not wait.
 */
export const authenticateKey = (
  c: Context<EvaluationEnv>,
): Authenticated | Promise<Authenticated> => {
  const credential = readCredential(c)
  if (!credential)
    throw unauthorized('send an evaluation key as `Authorization: Bearer KEY` or `X-API-Key: KEY`')
  const minVersion = readMinVersion(c)
  const loaded = getSnapshotReader(c.env).verified(minVersion)
  const key = loaded && findKey(loaded.snapshot.keys, credential)
  return key ? checkKey(c, { loaded, key }) : loadAndCheckKey(c, credential, minVersion)
}

/** The request and the answers of a route that takes an evaluation key. */
export const KEY_AUTH_DOCS: RouteDocs = {
  ...SNAPSHOT_HEADERS,
  reads: ['X-User-Token', 'minVersion'],
}

/** `authenticateKey`, as a middleware. */
export const withSnapshot = withDocs(
  createMiddleware<EvaluationEnv>(async function withSnapshot(c, next) {
    const { loaded, key } = await authenticateKey(c)
    c.set('loaded', loaded)
    c.set('key', key)
    await next()
  }),
  KEY_AUTH_DOCS,
)
