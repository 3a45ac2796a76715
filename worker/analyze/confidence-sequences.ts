import {
  estimateAlwaysValidLift,
  chooseSequenceSettings,
  type AlwaysValidLift,
} from './always-valid.ts'
import { EMPTY_SAMPLE, type VariantCounts } from './counts.ts'
import { readPlannedSample, type AnalysisOptions } from './plan.ts'

/** The always-valid lifts of one variant over time: one entry per look, in the order given. */
export type ConfidenceSequence = {
  readonly variant: string
  readonly lifts: readonly AlwaysValidLift[]
}

const findCounts = (look: readonly VariantCounts[], name: string) =>
  look.find((variant) => variant.name === name) ?? EMPTY_SAMPLE

/**
 * Computes the always-valid lifts at a series of looks, for a chart over time. A look holds the cumulative counts of
 * all variants at a moment. The variants of the last look count, and its first variant is the control.
 *
 * Each entry equals the result of `analyze` for that look. The running intersection of the intervals is valid too,
 * but it would disagree with the verdict, and it becomes empty when the effect drifts.
 */
export const computeConfidenceSequences = (
  looks: readonly (readonly VariantCounts[])[],
  options: AnalysisOptions = {},
): readonly ConfidenceSequence[] => {
  const [control, ...others] = looks.at(-1) ?? []
  if (control === undefined) return []
  const settings = chooseSequenceSettings(
    others.length + 1,
    readPlannedSample(options),
    options.alpha,
  )
  return others.map(({ name }) => ({
    variant: name,
    lifts: looks.map((look) =>
      estimateAlwaysValidLift(findCounts(look, control.name), findCounts(look, name), settings),
    ),
  }))
}
