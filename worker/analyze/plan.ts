import { isCount, type VariantCounts } from './counts.ts'

/** What was decided beforehand, and what happened to the experiment since. */
export type AnalysisOptions = {
  /** Exposed users that each variant is to have before anything is concluded. Fix it before the launch. */
  readonly plannedSamplePerVariant?: number | null
  /** The chance of a false alarm that the plan allows, over all looks and comparisons; 0.05 without one. */
  readonly alpha?: number
  /**
   * Whether the weights were ever edited after the first assignment. The sample ratio can't be tested then, and the
   * rates mix periods of different splits: what changed over time looks like a lift.
   */
  readonly weightsChanged?: boolean
}

/** How far the smallest variant that still gets users is towards the planned sample. */
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

/** The planned sample per variant; null without a plan, and a plan that is no whole number of users is none. */
export const plannedSample = ({
  plannedSamplePerVariant: planned,
}: AnalysisOptions): number | null =>
  typeof planned === 'number' && isCount(planned) && planned > 0 ? planned : null

/** Progress is that of the smallest weighted variant: the plan is complete when all of them are. */
export const progressOf = (
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
