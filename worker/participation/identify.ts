import type { IdentifyResponse } from '../../schema/identity.ts'
import { bucketVariant, readSubject, type CompiledExperiment } from '../evaluate/index.ts'
import type { Env } from '../env.ts'
import { hashUserId } from '../objects/participant/hash-user-id.ts'
import type { IdentityState } from '../objects/participant/calls.ts'
import type { AssignedVariant } from '../objects/participant/merge-assignments.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { openDatabase } from '../store/database.ts'
import { markUncertainBuckets } from '../store/identity.ts'
import { callParticipant } from './participant-client.ts'

/** Nobody waits for a page here: someone signs in. */
const DEADLINE_MS = 5_000

type Ids = { readonly anonymousId: string; readonly userId: string }

type Identified =
  | (Pick<IdentifyResponse, 'variants' | 'conflicts'> & {
      readonly outcome: 'done'
      readonly version: number
    })
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unavailable' }

type Known = {
  readonly experiments: ReadonlyMap<string, CompiledExperiment>
  readonly version: number
}

const USER_IS_ANONYMOUS = 'userId is the anonymous id of another user'

const refusalOf = (anonymous: IdentityState, user: IdentityState): string | undefined => {
  if (anonymous.hasAnonymous)
    return 'somebody signed in as anonymousId before: it is no anonymous id'
  if (user.isAnonymous) return USER_IS_ANONYMOUS
  return undefined
}

/**
 * Where the bucket of the user id is believed, and does not tell what the user has, or is about to inherit. The first
 * is so when D1 was set back to before it was noted.
 */
const deviating = (
  { experiments }: Known,
  userId: string,
  anonymous: readonly AssignedVariant[],
  user: readonly AssignedVariant[],
): string[] => {
  const subject = readSubject({ userId })
  const variants = new Map(
    [...anonymous, ...user].map((each) => [each.experimentKey, each.variant]),
  )
  return anonymous
    .map(({ experimentKey }) => experimentKey)
    .filter((key) => {
      const experiment = experiments.get(key)
      if (!experiment) return true
      const { isBucketed, hasInherited, status } = experiment
      const isBelieved = isBucketed && !hasInherited && status !== 'STOPPED'
      return isBelieved && bucketVariant(experiment, subject) !== variants.get(key)
    })
}

/**
 * Says that an anonymous person is this user. Four steps in an order that any of them may be the last: each is
 * durable and says the same when it is asked again, and the anonymous person's own object, which sends D1 the word,
 * comes last, when all else stands. So whoever got no answer asks again.
 */
export const identify = async (
  env: Env,
  known: Known,
  { anonymousId, userId }: Ids,
): Promise<Identified> => {
  const [before, user] = await Promise.all(
    [anonymousId, userId].map((id) =>
      callParticipant(env, id, DEADLINE_MS, (stub) => stub.getIdentityState(id)),
    ),
  )
  if (!before || !user) return { outcome: 'unavailable' }
  const reason = refusalOf(before, user)
  if (reason !== undefined) return { outcome: 'refused', reason }

  const owner = await callParticipant(env, anonymousId, DEADLINE_MS, (stub) =>
    stub.claimAnonymousId(anonymousId, userId),
  )
  if (owner === undefined) return { outcome: 'unavailable' }
  if (owner !== userId)
    return { outcome: 'refused', reason: 'anonymousId is another user: make a new one at sign-out' }

  const keys = deviating(known, userId, before.assignments, user.assignments)
  const version = keys.length === 0 ? known.version : await note(env, keys)

  const { assignments } = before
  const inherited = await callParticipant(env, userId, DEADLINE_MS, (stub) =>
    stub.mergeAssignments({ userId, objectName: hashUserId(anonymousId), assignments }),
  )
  if (inherited === undefined) return { outcome: 'unavailable' }
  if (inherited === null) return { outcome: 'refused', reason: USER_IS_ANONYMOUS }
  const isHandedOver = await callParticipant(env, anonymousId, DEADLINE_MS, async (stub) => {
    await stub.queueMerge(inherited)
    return true
  })
  if (!isHandedOver) return { outcome: 'unavailable' }
  return {
    outcome: 'done',
    variants: Object.fromEntries(
      inherited.map(({ experimentKey, variant }) => [experimentKey, variant]),
    ),
    conflicts: inherited
      .filter(({ conflict }) => conflict !== null)
      .map(({ experimentKey }) => experimentKey),
    version,
  }
}

/** Makes it known that the bucket does not tell everything in these experiments, before it is so. */
const note = async (env: Env, experimentKeys: readonly string[]): Promise<number> => {
  const version = await markUncertainBuckets(openDatabase(env.DB), experimentKeys, new Date())
  await publishEdit(env, version)
  return version
}
