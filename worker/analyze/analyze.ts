import { compareVariants, type Comparison } from './compare.ts'
import { isValidVariant, NOBODY, type VariantCounts } from './counts.ts'
import { ALPHA } from './normal.ts'
import { plannedSample, progressOf, type AnalysisOptions, type Progress } from './plan.ts'
import { rateOf, type Rate } from './rate.ts'
import { checkSampleRatio, type SampleRatio } from './sample-ratio.ts'
import type { Verdict } from './verdict.ts'
import { twoProportionZTest, withoutSignificance, type ZTest } from './z-test.ts'

/** Everything that can be said about an experiment at one moment. Plain JSON: no NaN, no Infinity. */
export type Analysis = {
  /** The chance that any always-valid interval, at any look, does not hold the truth: the plan's, or 0.05. */
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

/** Why no comparison may be believed; null when they may. */
const verdictOnData = (
  variants: readonly VariantCounts[],
  sampleRatio: SampleRatio,
): Verdict | null => {
  if (variants.length < 2) return { kind: 'invalid_data', reason: 'fewer_than_two_variants' }
  if (!variants.every(isValidVariant)) return { kind: 'invalid_data', reason: 'invalid_counts' }
  return sampleRatio.status === 'mismatch' ? { kind: 'sample_ratio_mismatch' } : null
}

/**
 * The verdict on the whole: the best of the variants that beat the control; if none does, the worst of those that
 * lose to it; if none does, what the others wait for. A variant that gets no more users is not waited for.
 * That the best one beats the second best is not claimed.
 */
const mostTelling = (
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
  const withheld = verdictOnData(variants, sampleRatio)
  const progress = progressOf(variants, plannedSample(options))
  const claim = withheld || progress.reached === false ? withoutSignificance : (test: ZTest) => test
  const comparisons = compareVariants(variants, options, withheld).map((comparison) => ({
    ...comparison,
    zTest: claim(comparison.zTest),
  }))
  return {
    alpha: options.alpha ?? ALPHA,
    rates: variants.map((variant) => ({ variant: variant.name, rate: rateOf(variant) })),
    zTest: claim(twoProportionZTest(variants[0] ?? NOBODY, variants[1] ?? NOBODY)),
    comparisons,
    sampleRatio,
    progress,
    verdict: withheld ??
      mostTelling(comparisons, variants) ?? { kind: 'not_enough_data', reason: 'no_users' },
  }
}
