import { isCount, type VariantCounts } from './counts.ts'

/** The plan of an experiment, and the facts about its history that the analysis needs. */
export type AnalysisOptions = {
  /** The exposed users that each variant needs before a verdict. Fix it before the launch. */
  readonly plannedSamplePerVariant?: number | null
  /** The chance of a false alarm that the plan allows, over all looks and comparisons; 0.05 by default. */
  readonly alpha?: number
  /**
   * Whether the weights were ever edited after the first assignment. The sample ratio can't be tested then, and the
   * rates mix periods of different splits: what changed over time looks like a lift.
   */
  readonly weightsChanged?: boolean
}

/** The progress of the smallest weighted variant towards the planned sample. */
export type Progress =
  | {
      readonly planned: number
      readonly smallest: number
      /** 0 to 1. */
      readonly fraction: number
      readonly reached: boolean
      readonly reason: null
    }
  | {
      readonly planned: null
      readonly smallest: number
      readonly fraction: null
      readonly reached: null
      readonly reason: 'no_plan'
    }

/** Reads the planned sample per variant; null when it is absent or not a positive whole number. */
export const readPlannedSample = ({
  plannedSamplePerVariant: planned,
}: AnalysisOptions): number | null =>
  typeof planned === 'number' && isCount(planned) && planned > 0 ? planned : null

/** Computes the progress of the smallest weighted variant: the plan is complete when every variant is. */
export const computeProgress = (
  variants: readonly VariantCounts[],
  planned: number | null,
): Progress => {
  const exposed = variants
    .filter(({ weight }) => weight > 0)
    .map(({ exposedUsers }) => (isCount(exposedUsers) ? exposedUsers : 0))
  const smallest = exposed.length === 0 ? 0 : Math.min(...exposed)
  if (planned === null)
    return { planned, smallest, fraction: null, reached: null, reason: 'no_plan' }
  return {
    planned,
    smallest,
    fraction: Math.min(1, smallest / planned),
    reached: smallest >= planned,
    reason: null,
  }
}
