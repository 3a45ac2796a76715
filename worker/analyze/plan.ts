import { isCount } from './counts.ts'

/** Why a verdict is withheld although the counts are valid. */
export type WithheldReason =
  /** The counts are of a chosen range: with enough ranges, one of them shows a difference by chance. */
  | 'partial_range'
  /** The weights changed, and the counts are not known by phase. */
  | 'phases_unknown'
  /** The comparison is with another variant than the control, so it is not planned. */
  | 'exploration'
  /** Users were left out after they had been counted, and the verdict differs with them. */
  | 'left_out_later'

/** Whether the experiment took in users for fewer days than the plan asks. */
export const isTooEarly = ({ intakeDays, minimumDays }: AnalysisOptions): boolean =>
  intakeDays !== undefined && minimumDays !== undefined && intakeDays < minimumDays

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
  /** The days with new users whose windows are complete. Below `minimumDays` there is no verdict. */
  readonly intakeDays?: number
  /** The days of intake that a verdict needs. */
  readonly minimumDays?: number
  /** Whether there was no plan: a difference is then reported as unplanned. */
  readonly isUnplanned?: boolean
  /** Why the caller wants no verdict for any counts. */
  readonly withheld?: WithheldReason | null
  /** The variant that the others are compared with: the first by default. Another one is an exploration. */
  readonly baseline?: string
}

/** The progress of the smallest compared variant towards the planned sample. */
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

/** Computes the progress from the users of the smallest compared variant. */
export const computeProgress = (smallest: number, planned: number | null): Progress =>
  planned === null
    ? { planned, smallest, fraction: null, reached: null, reason: 'no_plan' }
    : {
        planned,
        smallest,
        fraction: Math.min(1, smallest / planned),
        reached: smallest >= planned,
        reason: null,
      }
