import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { Role } from '../../schema/key.ts'
import type { SnapshotKey } from '../../schema/snapshot.ts'
import type { Env } from '../env.ts'
import { Problem, unavailable } from '../problem.ts'
import { hashSecret, isSameHash } from '../secret.ts'
import { readerOf } from '../snapshot/isolate.ts'
import type { Held } from '../snapshot/reader.ts'
import { openDatabase } from '../store/database.ts'
import type { Editor } from '../store/edit.ts'
import { findKeyByHash } from '../store/keys.ts'

export type EvaluationEnv = { Bindings: Env; Variables: { held: Held; key: SnapshotKey } }
export type AdminEnv = { Bindings: Env; Variables: { actor: string; role: Role } }

/** How fresh the snapshot must be before a key counts as unknown: a key just made must not be refused for long. */
const UNKNOWN_KEY_AGE_MS = 1_000

export const presentedIn = (c: Context): string | undefined =>
  c.req.header('Authorization')?.match(/^Bearer\s+(\S+)\s*$/i)?.[1] ?? c.req.header('X-API-Key')

export const unauthorized = (details: string) =>
  new Problem('UNAUTHORIZED', details, { headers: { 'WWW-Authenticate': 'Bearer' } })

/** The version that a client has heard of: `minVersion`, or the etag of an OFREP event, which is the same. */
const demandedVersion = (c: Context): number => {
  const { minVersion, flagConfigEtag } = c.req.query()
  const version = Number((minVersion ?? flagConfigEtag ?? '0').replaceAll(/^(W\/)?"|"$/g, ''))
  return Number.isSafeInteger(version) ? version : 0
}

/** Takes the snapshot, says which one it is, or answers 503 when there never was one. */
export const holdSnapshot = async (c: Context, demand = {}): Promise<Held> => {
  const held = await readerOf(c.env).current(demand, (work) => c.executionCtx.waitUntil(work))
  if (!held) throw unavailable('no snapshot can be had: KV and the Publisher do not answer')
  c.header('X-Snapshot-Version', String(held.snapshot.version))
  c.header('X-Snapshot-Age', String(Math.max(0, Math.floor((Date.now() - held.verifiedAt) / 1000))))
  return held
}

/**
 * Lets in who has an evaluation key that the snapshot knows, with the snapshot to answer from. A warm isolate does
 * no I/O here. The look-up is by SHA-256, so its timing tells nothing about a key that is in it. The snapshot that
 * answers is the one that admits: the demanded version may be the one that makes the key, or revokes it.
 */
export const withSnapshot = createMiddleware<EvaluationEnv>(async function withSnapshot(c, next) {
  const presented = presentedIn(c)
  if (!presented)
    throw unauthorized('send an evaluation key as `Authorization: Bearer KEY` or `X-API-Key: KEY`')
  const hash = hashSecret(presented)
  const minVersion = demandedVersion(c)
  let held = await holdSnapshot(c, { minVersion })
  if (!held.snapshot.keys.has(hash))
    held = await holdSnapshot(c, { minVersion, maxAgeMs: UNKNOWN_KEY_AGE_MS })
  const key = held.snapshot.keys.get(hash)
  if (!key) throw unauthorized('this is not an evaluation key, or it was revoked')
  c.set('held', held)
  c.set('key', key)
  await next()
})

/** Finds out who administers: the ADMIN_TOKEN secret, or a token in D1. */
const identify = async (c: Context<AdminEnv>): Promise<{ actor: string; role: Role }> => {
  const presented = presentedIn(c)
  if (!presented) throw unauthorized('send an admin token as `Authorization: Bearer TOKEN`')
  const hash = hashSecret(presented)
  if (c.env.ADMIN_TOKEN && isSameHash(hash, hashSecret(c.env.ADMIN_TOKEN)))
    return { actor: 'ADMIN_TOKEN', role: 'admin' }
  const token = await findKeyByHash(openDatabase(c.env.DB), hash)
  if (!token || !isSameHash(hash, token.hash))
    throw unauthorized('this token is not known, or it was revoked')
  const role = Role.safeParse(token.kind)
  if (!role.success)
    throw new Problem('FORBIDDEN', `a ${token.kind} key evaluates flags; it cannot administer them`)
  return { actor: token.name, role: role.data }
}

/** Identifies whoever administers; every admin route stands behind it. */
export const withActor = createMiddleware<AdminEnv>(async function withActor(c, next) {
  const { actor, role } = await identify(c)
  c.set('actor', actor)
  c.set('role', role)
  await next()
})

/** Who edits, for the audit row. */
export const editorOf = (c: Context<AdminEnv>, comment: string | undefined): Editor => ({
  actor: c.var.actor,
  at: new Date(),
  comment,
})

/** Lets in only who may do at least what this role may. */
export const atLeast = (required: Role) =>
  createMiddleware<AdminEnv>(async function allowRole(c, next) {
    const [has, needs] = [c.var.role, required].map((role) => Role.options.indexOf(role))
    if (has === undefined || needs === undefined || has < needs)
      throw new Problem('FORBIDDEN', `this needs the role ${required}; yours is ${c.var.role}`)
    await next()
  })
