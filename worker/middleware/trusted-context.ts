import type { Context } from 'hono'
import type { EvaluationContext } from '../../schema/context.ts'
import { isTrusted, keepTrusted, TOKEN_CLAIMS } from '../../schema/trust.ts'
import type { UserClaims } from '../../schema/user-token.ts'
import { isWellKnown, readUserId } from '../evaluate/index.ts'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { signedClaims } from './user-token.ts'

/** What a token says of its user besides the id, which is `sub`. */
const isAttribute = (name: string): boolean =>
  !TOKEN_CLAIMS.has(name) && name !== 'userId' && name !== 'targetingKey'

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

/** The attributes that a client has reason to send beside the well-known ones, of those that flags use. */
export const listUsefulAttributes = (key: EvaluationKey, used: readonly string[]): string[] =>
  key.client?.userToken
    ? []
    : used.filter((name) => !isWellKnown(name) && isTrusted(key.client, name))

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
  if (!signed) return keepTrusted(key.client, context)
  refuseOtherUsers(signed, [context.userId, context.targetingKey])
  const { sub, ...claims } = signed
  const attributes = Object.entries(claims).filter(([name]) => isAttribute(name))
  return { ...Object.fromEntries(attributes), userId: sub }
}
