import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { SERVICE_ACTORS } from '../../schema/actor.ts'
import { Role, type KeyKind } from '../../schema/key.ts'
import type { Actor } from '../../schema/session.ts'
import type { Env } from '../env.ts'
import { Problem } from '../http/problem.ts'
import { hashSecret, isSameHash } from '../lib/secret.ts'
import { openDatabase } from '../store/database.ts'
import type { Editor } from '../store/edit.ts'
import { findKeyByHash } from '../store/keys.ts'
import { findSession } from '../store/sessions.ts'
import { findAdminByAccess, readAccessAssertion } from './access.ts'
import { readCredential, unauthorized } from './evaluation-key.ts'
import { reportTokenUsage } from './key-usage.ts'
import { refuseForeignOrigin, readSessionCookie } from './session.ts'

export type AdminEnv = { Bindings: Env; Variables: { actor: string; role: Role } }

type Token = {
  readonly id: string
  readonly name: string
  readonly kind: KeyKind
  readonly hash: string
}

/** An unset or empty secret matches no token. */
const isAdminToken = ({ ADMIN_TOKEN }: Env, hash: string): boolean =>
  Boolean(ADMIN_TOKEN) && isSameHash(hash, hashSecret(ADMIN_TOKEN ?? ''))

const toAdminRole = ({ name, kind }: Token): Actor => {
  const role = Role.safeParse(kind)
  if (!role.success)
    throw new Problem('FORBIDDEN', `a ${kind} key evaluates flags; it cannot administer them`)
  return { actor: name, role: role.data }
}

const toAdmin = (c: Context<AdminEnv>, token: Token): Actor => {
  const admin = toAdminRole(token)
  reportTokenUsage(c, token.id)
  return admin
}

const ADMIN_BY_SECRET: Actor = { actor: SERVICE_ACTORS.secret, role: 'admin' }

/** Finds the admin of a token: the ADMIN_TOKEN secret, or a token in D1. */
export const findAdminByToken = async (c: Context<AdminEnv>, token: string): Promise<Actor> => {
  const hash = hashSecret(token)
  if (isAdminToken(c.env, hash)) return ADMIN_BY_SECRET
  const found = await findKeyByHash(openDatabase(c.env.DB), hash)
  if (!found || !isSameHash(hash, found.hash))
    throw unauthorized('this token is not known, or it was revoked')
  return toAdmin(c, found)
}

/** Finds the admin of a session, by the present role of its token. */
const findAdminBySession = async (c: Context<AdminEnv>, id: string): Promise<Actor> => {
  refuseForeignOrigin(c)
  const hash = hashSecret(id)
  const found = await findSession(openDatabase(c.env.DB), hash, new Date())
  if (!found || !isSameHash(hash, found.hash))
    throw unauthorized('the session ended: sign in again')
  if (isAdminToken(c.env, found.tokenHash)) return ADMIN_BY_SECRET
  if (!found.token) throw unauthorized('the token of this session was revoked')
  return toAdmin(c, found.token)
}

const identify = (c: Context<AdminEnv>): Promise<Actor> => {
  const presented = readCredential(c)
  if (presented !== undefined) return findAdminByToken(c, presented)
  const [session, assertion] = [readSessionCookie(c), readAccessAssertion(c)]
  if (session !== undefined && assertion === undefined) return findAdminBySession(c, session)
  if (session !== undefined && assertion !== undefined)
    return findAdminBySession(c, session).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'UNAUTHORIZED')
        return findAdminByAccess(c, c.env, assertion)
      throw error
    })
  if (assertion !== undefined) return findAdminByAccess(c, c.env, assertion)
  throw unauthorized('sign in, or send an admin token as `Authorization: Bearer TOKEN`')
}

/** Admits the ADMIN_TOKEN secret only, and calls nothing that could be down. */
export const bySecret = createMiddleware<{ Bindings: Env }>(async function allowSecret(c, next) {
  const presented = readCredential(c)
  if (presented === undefined || !isAdminToken(c.env, hashSecret(presented)))
    throw unauthorized('this takes the ADMIN_TOKEN secret itself, as `Authorization: Bearer TOKEN`')
  await next()
})

/** Identifies the admin of a request, before every admin route. */
export const withActor = createMiddleware<AdminEnv>(async function withActor(c, next) {
  const { actor, role } = await identify(c)
  c.set('actor', actor)
  c.set('role', role)
  await next()
})

/** Refuses a role below the required one. */
export const requireRole = (c: Context<AdminEnv>, required: Role): void => {
  const [has, needs] = [c.var.role, required].map((role) => Role.options.indexOf(role))
  if (has === undefined || needs === undefined || has < needs)
    throw new Problem('FORBIDDEN', `this needs the role ${required}; yours is ${c.var.role}`)
}

/** The editor of a request, for the audit entry. */
export const getEditor = (c: Context<AdminEnv>, comment: string | undefined): Editor => ({
  actor: c.var.actor,
  at: new Date(),
  comment,
})

/** `requireRole`, as a middleware. */
export const atLeast = (required: Role) =>
  createMiddleware<AdminEnv>(async function allowRole(c, next) {
    requireRole(c, required)
    await next()
  })
