import { bucketVariant, type CompiledExperiment, type Subject } from '../evaluate/index.ts'
import type { AssignResponse } from '../../schema/participation.ts'
import type { Env } from '../env.ts'
import type { StoredVariants } from '../objects/participant/calls.ts'
import { participantClient } from './participant-client.ts'

/** A page waits this long for a user's object; then the answer comes from the bucket. */
const DEADLINE_MS = 1_000

/**
 * Returns the user's variant, and assigns it if the user has none. When the object does not answer in time, this
 * returns the variant of the bucket with `sticky: false`; then nothing is recorded, not even by a call that arrives late.
 */
export const assignVariant = async (
  env: Env,
  experiment: CompiledExperiment,
  subject: Subject,
  userId: string,
): Promise<AssignResponse> => {
  const bucket = bucketVariant(experiment, subject)
  if (bucket === null) return { variant: null, isNew: false }
  const answer = await participantClient(env, userId, DEADLINE_MS).assign({
    userId: userId.toWellFormed(),
    experimentKey: experiment.key,
    bucketVariant: bucket,
    phase: experiment.phase,
    isBucketed: experiment.isBucketed,
    requestId: crypto.randomUUID(),
    expiresAt: Date.now() + DEADLINE_MS,
  })
  return answer ?? { variant: bucket, isNew: false, sticky: false }
}

const NOTHING_STORED: StoredVariants = { variants: new Map(), isComplete: true }

/** Whether the user may have another variant than the bucket says. */
const needsObject = ({ isBucketed, hasInherited }: CompiledExperiment, { isAnonymous }: Subject) =>
  !isBucketed || (hasInherited && !isAnonymous)

/**
 * Reads the user's variant in each experiment, without assigning one. The bucket is the assignment as long as the
 * variants of an experiment did not change since its launch and no sign-in merge brought another variant. For other
 * experiments, one call asks the user's object; if it does not answer in time, the bucket decides, which may differ.
 */
export const readVariants = async (
  env: Env,
  experiments: readonly CompiledExperiment[],
  subject: Subject,
): Promise<{ variants: ReadonlyMap<string, string | null>; isSticky: boolean }> => {
  const { userId } = subject
  const uncertain = experiments.filter((experiment) => needsObject(experiment, subject))
  const keys = uncertain.map(({ key }) => key)
  const isInD1 = uncertain.some(({ isBucketed }) => !isBucketed)
  const stored =
    userId === undefined || keys.length === 0
      ? NOTHING_STORED
      : await participantClient(env, userId, DEADLINE_MS).readVariants(userId, keys, isInD1)
  const variants = new Map(
    experiments.map((experiment) => [
      experiment.key,
      stored?.variants.get(experiment.key) ?? bucketVariant(experiment, subject),
    ]),
  )
  return { variants, isSticky: stored?.isComplete ?? false }
}
