import type { SnapshotExperiment } from '../../schema/experiment.ts'
import type { LeftOutReason } from '../../schema/people.ts'
import { computeSeed, findVariantIndex } from './bucket.ts'
import { computeSubjectBucket, type Subject } from './subject.ts'

/** An experiment prepared for evaluation: the salt is hashed, the weights are a list. */
export type CompiledExperiment = SnapshotExperiment & {
  readonly seed: number
  readonly weights: readonly number[]
  /** The variant of each tester; undefined without testers. */
  readonly testerVariants: ReadonlyMap<string, string> | undefined
  readonly leftOutIds: ReadonlySet<string> | undefined
}

/** Compiles one experiment, once a snapshot version. */
export const compileExperiment = (experiment: SnapshotExperiment): CompiledExperiment => ({
  ...experiment,
  seed: computeSeed(experiment.key),
  weights: experiment.variants.map(({ weight }) => weight),
  testerVariants: experiment.testers && new Map(experiment.testers),
  leftOutIds: experiment.leftOut && new Set(experiment.leftOut),
})

/** Whether it assigns users at an instant, in epoch milliseconds: RUNNING, and within its schedule. */
export const isActive = ({ status, startAt, stopAt }: SnapshotExperiment, now: number): boolean =>
  status === 'RUNNING' && now >= (startAt ?? now) && now < (stopAt ?? Number.POSITIVE_INFINITY)

/** Why a user counts in no result of an experiment, by its lists; undefined for all others. */
export const findLeftOutReason = (
  { testerVariants, leftOutIds }: CompiledExperiment,
  userId: string | undefined,
): LeftOutReason | undefined => {
  if (userId === undefined || (!testerVariants && !leftOutIds)) return undefined
  const id = userId.toWellFormed()
  if (testerVariants?.has(id)) return 'TESTER'
  return leftOutIds?.has(id) ? 'LEFT_OUT' : undefined
}

/** The answer for a user of a list, whose bucket does not matter. */
export type ListedVariant = { readonly variant: string | null; readonly reason: LeftOutReason }

/**
 * Finds the answer for a user of a list. A tester sees the chosen variant before the launch and in a pause too, until the
 * experiment stops. Undefined for all others, and when nobody sees a variant.
 */
export const findListedVariant = (
  experiment: CompiledExperiment,
  { userId }: Pick<Subject, 'userId'>,
  now: number,
): ListedVariant | undefined => {
  const reason = findLeftOutReason(experiment, userId)
  if (userId === undefined || reason === undefined) return undefined
  const { status, stopAt, testerVariants } = experiment
  if (reason === 'LEFT_OUT')
    return isActive(experiment, now) ? { variant: null, reason } : undefined
  const hasEnded =
    status === 'STOPPED' || (status === 'RUNNING' && stopAt !== null && now >= stopAt)
  const variant = testerVariants?.get(userId.toWellFormed())
  return hasEnded || variant === undefined ? undefined : { variant, reason }
}

/** Whether a user can have a variant of an experiment now: it is active, or the user is a tester. */
export const isShown = (experiment: CompiledExperiment, subject: Subject, now: number): boolean =>
  isActive(experiment, now) ||
  (experiment.testerVariants !== undefined &&
    findListedVariant(experiment, subject, now) !== undefined)

/**
 * Whether the bucket is the user's variant: the variants never changed since the launch, and no sign-in merge brought
 * another variant. Otherwise the user's object knows it.
 */
export const isDecidedByBucket = (
  { isBucketed, hasInherited }: SnapshotExperiment,
  { isAnonymous }: Pick<Subject, 'isAnonymous'>,
): boolean => isBucketed && (!hasInherited || isAnonymous)

/** The variant of the bucket, without regard to an earlier assignment. Null without a user id. */
export const bucketVariant = (
  { seed, weights, variants }: CompiledExperiment,
  subject: Subject,
): string | null => {
  const bucket = computeSubjectBucket(subject, seed)
  return bucket === undefined ? null : (variants[findVariantIndex(bucket, weights)]?.name ?? null)
}
