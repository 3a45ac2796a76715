import type { SnapshotExperiment } from '../../schema/experiment.ts'
import { computeSeed, findVariantIndex } from './bucket.ts'
import { computeSubjectBucket, type Subject } from './subject.ts'

/** An experiment prepared for evaluation: the salt is hashed, the weights are a list. */
export type CompiledExperiment = SnapshotExperiment & {
  readonly seed: number
  readonly weights: readonly number[]
}

/** Compiles one experiment, once a snapshot version. */
export const compileExperiment = (experiment: SnapshotExperiment): CompiledExperiment => ({
  ...experiment,
  seed: computeSeed(experiment.key),
  weights: experiment.variants.map(({ weight }) => weight),
})

/** Whether it assigns users at an instant, in epoch milliseconds: RUNNING, and within its schedule. */
export const isActive = ({ status, startAt, stopAt }: SnapshotExperiment, now: number): boolean =>
  status === 'RUNNING' && now >= (startAt ?? now) && now < (stopAt ?? Number.POSITIVE_INFINITY)

/** The variant of the bucket, whatever was assigned before; null without a user id. */
export const bucketVariant = (
  { seed, weights, variants }: CompiledExperiment,
  subject: Subject,
): string | null => {
  const bucket = computeSubjectBucket(subject, seed)
  return bucket === undefined ? null : (variants[findVariantIndex(bucket, weights)]?.name ?? null)
}
