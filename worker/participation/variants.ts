import type { AssignResponse } from '../../schema/participation.ts'
import type { LeftOutReason } from '../../schema/people.ts'
import {
  bucketVariant,
  findListedVariant,
  isDecidedByBucket,
  type CompiledExperiment,
  type Subject,
} from '../evaluate/index.ts'
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
    isCertain: isDecidedByBucket(experiment, subject),
    requestId: crypto.randomUUID(),
    expiresAt: Date.now() + DEADLINE_MS,
  })
  return answer ?? { variant: bucket, isNew: false, sticky: false }
}

const NOTHING_STORED: StoredVariants = { variants: new Map(), isComplete: true }

type VariantsOfUser = {
  readonly variants: ReadonlyMap<string, string | null>
  /** By experiment, why the user counts in no result. */
  readonly reasons: ReadonlyMap<string, LeftOutReason>
  readonly isSticky: boolean
}

/**
 * Reads the user's variant in each experiment, without assigning one. The bucket is the assignment as long as the
 * variants of an experiment did not change since its launch and no sign-in merge brought another variant. For other
 * experiments, one call asks the user's object; if it does not answer in time, the bucket decides, which may differ.
 */
export const readVariants = async (
  env: Env,
  experiments: readonly CompiledExperiment[],
  subject: Subject,
): Promise<VariantsOfUser> => {
  const { userId } = subject
  const now = Date.now()
  const listed = new Map(
    experiments.flatMap((experiment) => {
      const found = findListedVariant(experiment, subject, now)
      return found ? [[experiment.key, found] as const] : []
    }),
  )
  const uncertain = experiments.filter(
    (experiment) => !isDecidedByBucket(experiment, subject) && !listed.has(experiment.key),
  )
  const keys = uncertain.map(({ key }) => key)
  const isInD1 = uncertain.some(({ isBucketed }) => !isBucketed)
  const stored =
    userId === undefined || keys.length === 0
      ? NOTHING_STORED
      : await participantClient(env, userId, DEADLINE_MS).readVariants(userId, keys, isInD1)
  const variants = new Map(
    experiments.map((experiment) => {
      const { key } = experiment
      const found = listed.get(key)
      return [
        key,
        found ? found.variant : (stored?.variants.get(key) ?? bucketVariant(experiment, subject)),
      ]
    }),
  )
  const reasons = new Map(Array.from(listed, ([key, { reason }]) => [key, reason]))
  return { variants, reasons, isSticky: stored?.isComplete ?? false }
}
