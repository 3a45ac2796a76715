import {
  chooseSequenceSettings,
  estimateAlwaysValidLiftOverStrata,
  type AlwaysValidLift,
} from './always-valid.ts'
import { listComparisons } from './compare.ts'
import { buildStrata, findComparablePhases, type Phase } from './phases.ts'
import { readPlannedSample, type AnalysisOptions } from './plan.ts'

/** The always-valid lifts of one variant over time: one entry per look, in the order given. */
export type ConfidenceSequence = {
  readonly variant: string
  readonly lifts: readonly AlwaysValidLift[]
}

/**
 * Computes the always-valid lifts at a series of looks, for a chart over time. A look holds the cumulative counts of
 * all variants at a moment. The variants of the last look count, and its first variant is the control.
 *
 * Each entry equals the result of `analyze` for that look. The running intersection of the intervals is valid too,
 * but it would disagree with the verdict, and it becomes empty when the effect drifts.
 */
export const computeConfidenceSequences = (
  looks: readonly (readonly Phase[])[],
  options: AnalysisOptions = {},
): readonly ConfidenceSequence[] => {
  const pairs = listComparisons(looks.at(-1) ?? [], options.baseline)
  const settings = chooseSequenceSettings(
    pairs.length + 1,
    readPlannedSample(options),
    options.alpha,
  )
  return pairs.map(({ control, variant }) => ({
    variant,
    lifts: looks.map((phases) =>
      estimateAlwaysValidLiftOverStrata(
        buildStrata(findComparablePhases(phases, control, variant), control, variant),
        settings,
      ),
    ),
  }))
}
