import type { Context } from 'hono'
import type { EvaluationContext } from '../../schema/context.ts'
import type { UserClaims } from '../../schema/user-token.ts'
import { isWellKnown, readUserId } from '../evaluate/index.ts'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { signedClaims } from './user-token.ts'

/** Claims about the token itself (RFC 7519, 4.1), and the names of the user id, which is `sub`. */
const NO_ATTRIBUTES: ReadonlySet<string> = new Set([
  'iss',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'userId',
  'targetingKey',
  'anonymous',
])

/** A blank id counts as absent. */
const isAnother = (sent: unknown, sub: string) => {
  const id = readUserId(sent)
  return id !== undefined && id.toWellFormed() !== sub
}

/** Refuses an id of a user other than the signed one. */
export const refuseOtherUsers = ({ sub }: UserClaims, ids: readonly unknown[]) => {
  if (ids.some((id) => isAnother(id, sub)))
    throw new Problem(
      'FORBIDDEN',
      'this is about another user than the one whom the user token names',
    )
}

/** Members that name the user. Everybody may send them. */
const ALWAYS_TRUSTED: ReadonlySet<string> = new Set(['userId', 'targetingKey', 'anonymous'])

/** True when the key trusts an attribute without a signature. */
const isTrusted = ({ client }: EvaluationKey, name: string): boolean => {
  const { trusts, trustsRole = true } = client ?? {}
  if (!trusts) return trustsRole || name !== 'role'
  return ALWAYS_TRUSTED.has(name) || trusts.includes(name === 'category' ? 'categories' : name)
}

/** The part of a context that a key trusts without a signature. */
const keepTrusted = (key: EvaluationKey, context: EvaluationContext): EvaluationContext => {
  const { trusts, trustsRole = true } = key.client ?? {}
  if (!trusts && trustsRole) return context
  return Object.fromEntries(Object.entries(context).filter(([name]) => isTrusted(key, name)))
}

/** The attributes that a client has reason to send beside the well-known ones, of those that flags use. */
export const listUsefulAttributes = (key: EvaluationKey, used: readonly string[]): string[] =>
  key.client?.userToken ? [] : used.filter((name) => !isWellKnown(name) && isTrusted(key, name))

/**
 * The trusted part of a context: everything from a server key; what a client key trusts; only the signed claims where the
 * key demands a user token.
 */
export const getTrustedContext = async (
  c: Context,
  key: EvaluationKey,
  context: EvaluationContext,
): Promise<EvaluationContext> => {
  const signed = await signedClaims(c, key)
  if (!signed) return keepTrusted(key, context)
  refuseOtherUsers(signed, [context.userId, context.targetingKey])
  const { sub, ...claims } = signed
  const attributes = Object.entries(claims).filter(([name]) => !NO_ATTRIBUTES.has(name))
  return { ...Object.fromEntries(attributes), userId: sub }
}
