import { compareVariants, type Comparison } from './compare.ts'
import { isValidVariant, EMPTY_SAMPLE, type VariantCounts } from './counts.ts'
import { ALPHA } from './normal.ts'
import { readPlannedSample, computeProgress, type AnalysisOptions, type Progress } from './plan.ts'
import { estimateRate, type Rate } from './rate.ts'
import { checkSampleRatio, type SampleRatio } from './sample-ratio.ts'
import type { Verdict } from './verdict.ts'
import { testTwoProportions, dropSignificance, type ZTest } from './z-test.ts'

/** The results of an experiment at one moment. Plain JSON: no NaN, no Infinity. */
export type Analysis = {
  /** The chance that any always-valid interval excludes the true lift at any look: the plan's alpha, or 0.05. */
  readonly alpha: number
  /** In the order given; the first is the control. */
  readonly rates: readonly { readonly variant: string; readonly rate: Rate }[]
  /** The contract's z (design, section 4) of the first two variants; not significant before the plan is reached. */
  readonly zTest: ZTest
  /** Every other variant against the first. */
  readonly comparisons: readonly Comparison[]
  readonly sampleRatio: SampleRatio
  readonly progress: Progress
  readonly verdict: Verdict
}

/** Finds the reason to withhold every verdict; null without one. */
const findReasonToWithhold = (
  variants: readonly VariantCounts[],
  sampleRatio: SampleRatio,
): Verdict | null => {
  if (variants.length < 2) return { kind: 'invalid_data', reason: 'fewer_than_two_variants' }
  if (!variants.every(isValidVariant)) return { kind: 'invalid_data', reason: 'invalid_counts' }
  return sampleRatio.status === 'mismatch' ? { kind: 'sample_ratio_mismatch' } : null
}

/**
 * Selects the verdict on the experiment. First choice: the best variant that beats the control. Second: the worst
 * variant that loses to it. Third: a comparison that waits for data, unless its variant gets no new users.
 * The verdict does not claim that the best variant beats the second best.
 */
const selectVerdict = (
  comparisons: readonly Comparison[],
  variants: readonly VariantCounts[],
): Verdict | undefined => {
  const verdicts = comparisons
    .toSorted((a, b) => (b.lift.value ?? 0) - (a.lift.value ?? 0))
    .map(({ verdict }) => verdict)
  const isGettingUsers = (name: string) =>
    variants.some((variant) => variant.name === name && variant.weight > 0)
  const waiting = comparisons.find(
    ({ variant, verdict }) => verdict.kind === 'not_enough_data' && isGettingUsers(variant),
  )
  return (
    verdicts.find(({ kind }) => kind === 'better') ??
    verdicts.findLast(({ kind }) => kind === 'worse') ??
    waiting?.verdict ??
    verdicts.find(({ kind }) => kind === 'no_detectable_difference') ??
    verdicts[0]
  )
}

/**
 * Analyzes an experiment as it stands. The first variant is the control. Pure, total, no I/O.
 *
 * @example
 * analyze([
 *   { name: 'A', weight: 50, assignments: 9_000, exposedUsers: 9_000, conversions: 810 },
 *   { name: 'B', weight: 50, assignments: 9_050, exposedUsers: 9_050, conversions: 1_020 },
 * ]).verdict // { kind: 'better', control: 'A', variant: 'B' }
 */
export const analyze = (
  variants: readonly VariantCounts[],
  options: AnalysisOptions = {},
): Analysis => {
  const sampleRatio = checkSampleRatio(variants, options.weightsChanged)
  const withheld = findReasonToWithhold(variants, sampleRatio)
  const progress = computeProgress(variants, readPlannedSample(options))
  const claim = withheld || progress.reached === false ? dropSignificance : (test: ZTest) => test
  const comparisons = compareVariants(variants, options, withheld).map((comparison) => ({
    ...comparison,
    zTest: claim(comparison.zTest),
  }))
  return {
    alpha: options.alpha ?? ALPHA,
    rates: variants.map((variant) => ({ variant: variant.name, rate: estimateRate(variant) })),
    zTest: claim(testTwoProportions(variants[0] ?? EMPTY_SAMPLE, variants[1] ?? EMPTY_SAMPLE)),
    comparisons,
    sampleRatio,
    progress,
    verdict: withheld ??
      selectVerdict(comparisons, variants) ?? { kind: 'not_enough_data', reason: 'no_users' },
  }
}
