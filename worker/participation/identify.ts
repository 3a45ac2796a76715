import type { IdentifyResponse } from '../../schema/identity.ts'
import { bucketVariant, readSubject, type CompiledExperiment } from '../evaluate/index.ts'
import type { Env } from '../env.ts'
import type { IdentityState } from '../objects/participant/calls.ts'
import { hashUserId } from '../objects/participant/hash-user-id.ts'
import type { AssignedVariant } from '../objects/participant/merge-assignments.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { DatabaseSharedError, openOwnDatabase } from '../objects/own-database.ts'
import { markUncertainBuckets } from '../store/identity.ts'
import { participantClient } from './participant-client.ts'

/** A sign-in may wait longer than a page. */
const DEADLINE_MS = 5_000

type Ids = { readonly anonymousId: string; readonly userId: string }

type Identified =
  | (Pick<IdentifyResponse, 'variants' | 'conflicts'> & {
      readonly outcome: 'done'
      readonly version: number
    })
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unavailable' }

type PublishedExperiments = {
  readonly experiments: ReadonlyMap<string, CompiledExperiment>
  readonly version: number
}

const UNAVAILABLE = { outcome: 'unavailable' } as const
const refuse = (reason: string) => ({ outcome: 'refused', reason }) as const

const USER_IS_ANONYMOUS = 'userId is the anonymous id of another user'

const findRefusal = (anonymous: IdentityState, user: IdentityState): string | undefined => {
  if (anonymous.hasAnonymous)
    return 'somebody signed in as anonymousId before: it is no anonymous id'
  if (user.isAnonymous) return USER_IS_ANONYMOUS
  return undefined
}

/**
 * The experiments in which readers would answer from the bucket of the user id, but the user has another variant or
 * gets one by this merge. The user may have had it already when D1 was restored to before the experiment was marked.
 */
const findUncertainBuckets = (
  { experiments }: PublishedExperiments,
  userId: string,
  anonymous: readonly AssignedVariant[],
  user: readonly AssignedVariant[],
): string[] => {
  const subject = readSubject({ userId })
  const variants = new Map(
    [...anonymous, ...user].map(({ experimentKey, variant }) => [experimentKey, variant]),
  )
  return anonymous
    .map(({ experimentKey }) => experimentKey)
    .filter((key) => {
      const experiment = experiments.get(key)
      if (!experiment) return true
      const { isBucketed, hasInherited, status } = experiment
      const usesBucket = isBucketed && !hasInherited && status !== 'STOPPED'
      return usesBucket && bucketVariant(experiment, subject) !== variants.get(key)
    })
}

/**
 * Publishes that users may have another variant than their bucket says. This must be published before it is true.
 *
 * @returns the snapshot version; undefined when D1 belongs to another deployment
 */
const markAndPublish = async (
  env: Env,
  experimentKeys: readonly string[],
): Promise<number | undefined> => {
  try {
    const database = await openOwnDatabase(env)
    const version = await markUncertainBuckets(database, experimentKeys, new Date())
    await publishEdit(env, version)
    return version
  } catch (error) {
    if (error instanceof DatabaseSharedError) return undefined
    throw error
  }
}

/**
 * Merges an anonymous id into a user at sign-in. A failure may end this after any step: each step is durable and
 * idempotent, so a client without an answer repeats the request. The object of the anonymous id queues the merge for
 * D1 in the last step, when everything else is stored.
 */
export const identify = async (
  env: Env,
  published: PublishedExperiments,
  { anonymousId, userId }: Ids,
): Promise<Identified> => {
  const anonymous = participantClient(env, anonymousId, DEADLINE_MS)
  const user = participantClient(env, userId, DEADLINE_MS)

  const [before, target] = await Promise.all([
    anonymous.getIdentityState(anonymousId),
    user.getIdentityState(userId),
  ])
  if (!before || !target) return UNAVAILABLE
  const reason = findRefusal(before, target)
  if (reason !== undefined) return refuse(reason)

  const owner = await anonymous.claimAnonymousId(anonymousId, userId)
  if (owner === undefined) return UNAVAILABLE
  if (owner !== userId) return refuse('anonymousId is another user: make a new one at sign-out')

  const { assignments } = before
  const uncertain = findUncertainBuckets(published, userId, assignments, target.assignments)
  const version = uncertain.length === 0 ? published.version : await markAndPublish(env, uncertain)
  if (version === undefined) return UNAVAILABLE

  const objectName = hashUserId(anonymousId)
  const merged = await user.mergeAssignments({ userId, objectName, assignments })
  if (merged === undefined) return UNAVAILABLE
  if (merged === null) return refuse(USER_IS_ANONYMOUS)
  if (!(await anonymous.queueMerge(merged))) return UNAVAILABLE

  const conflicts = merged.filter(({ conflict }) => conflict !== null)
  return {
    outcome: 'done',
    variants: Object.fromEntries(
      merged.map(({ experimentKey, variant }) => [experimentKey, variant]),
    ),
    conflicts: conflicts.map(({ experimentKey }) => experimentKey),
    version,
  }
}
