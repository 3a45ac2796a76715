import { alwaysValidLift, sequenceSettings, type AlwaysValidLift } from './always-valid.ts'
import { NOBODY, type VariantCounts } from './counts.ts'
import { plannedSample, type AnalysisOptions } from './plan.ts'

/** How one variant's lift over the control developed: one entry a look, in the order given. */
export type ConfidenceSequence = {
  readonly variant: string
  readonly lifts: readonly AlwaysValidLift[]
}

const countsAt = (look: readonly VariantCounts[], name: string) =>
  look.find((variant) => variant.name === name) ?? NOBODY

/**
 * The always-valid lifts at a series of looks, for a chart over time. A look holds the cumulative counts of all
 * variants at a moment; the last look says which variants there are and which comes first, the control.
 *
 * Each entry is what `analyze` says at that look. The running intersection of the intervals would be valid as
 * well, but isn't shown: it would disagree with the verdict, which knows only the present counts, and where the
 * effect drifts it narrows around a value that is no longer true, or becomes empty.
 */
export const confidenceSequences = (
  looks: readonly (readonly VariantCounts[])[],
  options: AnalysisOptions = {},
): readonly ConfidenceSequence[] => {
  const [control, ...others] = looks.at(-1) ?? []
  if (control === undefined) return []
  const settings = sequenceSettings(others.length + 1, plannedSample(options), options.alpha)
  return others.map(({ name }) => ({
    variant: name,
    lifts: looks.map((look) =>
      alwaysValidLift(countsAt(look, control.name), countsAt(look, name), settings),
    ),
  }))
}
