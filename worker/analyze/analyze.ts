import { compareVariants, listComparisons, type Comparison } from './compare.ts'
import { isCount, isValidVariant, type VariantCounts } from './counts.ts'
import { estimateLiftOverStrata, type Lift } from './lift.ts'
import { ALPHA } from './normal.ts'
import { buildStrata, findComparablePhases, isAssignable, sumPhases, type Phase } from './phases.ts'
import { computeProgress, readPlannedSample, type AnalysisOptions, type Progress } from './plan.ts'
import { estimateRate, type Rate } from './rate.ts'
import { checkPhaseRatios, combineSampleRatios, type SampleRatio } from './sample-ratio.ts'
import { countSmaller, type Verdict } from './verdict.ts'
import { dropSignificance, testStrata, type ZTest } from './z-test.ts'

/** What one phase shows alone. Its lifts count the users whose windows are complete; they carry no verdict. */
export type PhaseAnalysis = {
  readonly phase: number
  readonly sampleRatio: SampleRatio
  readonly lifts: readonly {
    readonly control: string
    readonly variant: string
    readonly lift: Lift
  }[]
}

/** The results of an experiment at one moment. Plain JSON: no NaN, no Infinity. */
export type Analysis = {
  /** The chance that any always-valid interval excludes the true lift at any look: the plan's alpha, or 0.05. */
  readonly alpha: number
  /** In the order given; the first is the control. */
  readonly rates: readonly { readonly variant: string; readonly rate: Rate }[]
  /** The contract's z (design, section 4) of the first two variants; significant only where their comparison is. */
  readonly zTest: ZTest
  /** Every other variant against the first. */
  readonly comparisons: readonly Comparison[]
  readonly sampleRatio: SampleRatio
  readonly progress: Progress
  /** The split and the lifts of each phase, where there are several. */
  readonly phases?: readonly PhaseAnalysis[]
  readonly verdict: Verdict
}

/** Finds the reason to withhold every verdict; null without one. */
const findReasonToWithhold = (
  phases: readonly Phase[],
  sampleRatio: SampleRatio,
  { withheld, baseline }: AnalysisOptions,
): Verdict | null => {
  const variants = sumPhases(phases)
  if (variants.length < 2) return { kind: 'invalid_data', reason: 'fewer_than_two_variants' }
  if (!phases.flatMap((phase) => phase.variants).every(isValidVariant))
    return { kind: 'invalid_data', reason: 'invalid_counts' }
  if (sampleRatio.status === 'mismatch') return { kind: 'sample_ratio_mismatch' }
  if (listComparisons(phases, baseline).length === 0) {
    const hasControl = phases.some((phase) => {
      const [control] = phase.variants
      return control !== undefined && isAssignable(phase, control)
    })
    const reason = hasControl ? 'fewer_than_two_variants' : 'control_without_weight'
    return { kind: 'invalid_data', reason }
  }
  if (baseline !== undefined) return { kind: 'withheld', reason: 'exploration' }
  return withheld ? { kind: 'withheld', reason: withheld } : null
}

const isGettingUsers = (variants: readonly VariantCounts[], name: string) =>
  variants.some((variant) => variant.name === name && variant.weight > 0)

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
  const waiting = comparisons.find(
    ({ variant, verdict }) =>
      verdict.kind === 'not_enough_data' && isGettingUsers(variants, variant),
  )
  return (
    verdicts.find(({ kind }) => kind === 'better' || kind === 'unplanned_better') ??
    verdicts.findLast(({ kind }) => kind === 'worse' || kind === 'unplanned_worse') ??
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
): Analysis =>
  analyzePhases(
    [{ number: 1, variants, hasUnknownWeights: options.weightsChanged === true }],
    options,
  )

const describePhases = (
  phases: readonly Phase[],
  ratios: readonly SampleRatio[],
  comparisons: readonly Comparison[],
): readonly PhaseAnalysis[] =>
  phases.flatMap((phase, index) => {
    const sampleRatio = ratios[index]
    if (sampleRatio === undefined) return []
    const lifts = comparisons
      .filter(({ control, variant }) => findComparablePhases([phase], control, variant).length > 0)
      .map(({ control, variant }) => ({
        control,
        variant,
        lift: estimateLiftOverStrata(buildStrata([phase], control, variant)),
      }))
    return [{ phase: phase.number, sampleRatio, lifts }]
  })

const countAll = ({ exposedUsers, conversions }: VariantCounts) => ({ exposedUsers, conversions })

/**
 * Counts the users of the smallest compared variant, in the phases that compare it. A variant that gets no new users
 * does not hold the plan up, unless there is no other.
 */
const countSmallest = (
  phases: readonly Phase[],
  comparisons: readonly Comparison[],
  variants: readonly VariantCounts[],
): number => {
  const open = comparisons.filter(({ variant }) => isGettingUsers(variants, variant))
  const sizes = (open.length > 0 ? open : comparisons).map(({ control, variant }) =>
    countSmaller(buildStrata(findComparablePhases(phases, control, variant), control, variant)),
  )
  const smallest = sizes.length === 0 ? 0 : Math.min(...sizes)
  return isCount(smallest) ? smallest : 0
}

/** The contract's z counts everyone. It claims no more than the comparison of the same two variants. */
const testFirstTwo = (
  phases: readonly Phase[],
  comparisons: readonly Comparison[],
  [first, second]: readonly VariantCounts[],
): ZTest => {
  const names = { control: first?.name ?? '', variant: second?.name ?? '' }
  const test = testStrata(buildStrata(phases, names.control, names.variant, countAll))
  const isClaimed = comparisons.some(
    ({ control, variant, zTest }) =>
      control === names.control && variant === names.variant && zTest.significant,
  )
  return isClaimed ? test : dropSignificance(test)
}

/**
 * Analyzes an experiment whose weights changed: within each phase, and combined (strata.ts). One phase gives the result
 * of `analyze`. Comparisons, progress and verdict count the users whose windows are complete; rates, the sample ratio
 * and the contract's z count everyone.
 */
export const analyzePhases = (
  phases: readonly Phase[],
  options: AnalysisOptions = {},
): Analysis => {
  const ratios = checkPhaseRatios(phases)
  const sampleRatio = combineSampleRatios(ratios)
  const withheld = findReasonToWithhold(phases, sampleRatio, options)
  const variants = sumPhases(phases)
  const comparisons = compareVariants(phases, options, withheld)
  const smallest = countSmallest(phases, comparisons, variants)
  return {
    alpha: options.alpha ?? ALPHA,
    rates: variants.map((variant) => ({ variant: variant.name, rate: estimateRate(variant) })),
    zTest: testFirstTwo(phases, comparisons, variants),
    comparisons,
    sampleRatio,
    progress: computeProgress(smallest, readPlannedSample(options)),
    ...(phases.length > 1 && { phases: describePhases(phases, ratios, comparisons) }),
    verdict: withheld ??
      selectVerdict(comparisons, variants) ?? { kind: 'not_enough_data', reason: 'no_users' },
  }
}
