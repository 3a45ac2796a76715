import type { Context } from 'hono'
import type * as z from 'zod'
import type { EvaluationContext } from '../../schema/context.ts'
import type { UserClaims } from '../../schema/user-token.ts'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { signedClaims } from './user-token.ts'

type Told = z.output<typeof EvaluationContext>

/** A blank id names nobody, as everywhere. */
const isAnother = (id: string | null | undefined, sub: string) =>
  id !== null && id !== undefined && id.trim() !== '' && id.toWellFormed() !== sub

/** Refuses what is said of another user than the one who signed. */
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
 * What is believed of a context. All of it from a server key; from a client key all but the role, unless the key
 * trusts that; from one that demands a user token, nothing but what is signed.
 */
export const getTrustedContext = async (
  c: Context,
  key: EvaluationKey,
  told: Told,
): Promise<Told> => {
  const signed = await signedClaims(c, key)
  if (!signed) return key.client?.trustsRole === false ? { ...told, role: undefined } : told
  refuseOtherUsers(signed, [told.userId, told.targetingKey])
  const { sub, ...attributes } = signed
  return { ...attributes, userId: sub }
}
