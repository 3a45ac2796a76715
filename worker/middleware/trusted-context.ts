import type { Context } from 'hono'
import type * as z from 'zod'
import type { EvaluationContext } from '../../schema/context.ts'
import type { UserClaims } from '../../schema/user-token.ts'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { signedClaims } from './user-token.ts'

type SentContext = z.output<typeof EvaluationContext>

/** A blank id counts as absent. */
const isAnother = (id: string | null | undefined, sub: string) =>
  id !== null && id !== undefined && id.trim() !== '' && id.toWellFormed() !== sub

/** Refuses an id of a user other than the signed one. */
export const refuseOtherUsers = (
  { sub }: UserClaims,
  ids: readonly (string | null | undefined)[],
) => {
  if (ids.some((id) => isAnother(id, sub)))
    throw new Problem(
      'FORBIDDEN',
      'this is about another user than the one whom the user token names',
    )
}

/**
 * The trusted part of a context: everything from a server key; everything but the role from a client key, unless the
 * key trusts roles; only the signed claims where the key demands a user token.
 */
export const getTrustedContext = async (
  c: Context,
  key: EvaluationKey,
  context: SentContext,
): Promise<SentContext> => {
  const signed = await signedClaims(c, key)
  if (!signed) return key.client?.trustsRole === false ? { ...context, role: undefined } : context
  refuseOtherUsers(signed, [context.userId, context.targetingKey])
  const { sub, ...attributes } = signed
  return { ...attributes, userId: sub }
}
