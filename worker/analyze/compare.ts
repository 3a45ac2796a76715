import {
  chooseSequenceSettings,
  estimateAlwaysValidLiftOverStrata,
  type AlwaysValidLift,
} from './always-valid.ts'
import { computeRate, type Counts, type VariantCounts } from './counts.ts'
import { adjustHolm } from './holm.ts'
import { estimateLiftOverStrata, type Lift } from './lift.ts'
import { ALPHA } from './normal.ts'
import { buildStrata, findComparablePhases, type Phase } from './phases.ts'
import { readPlannedSample, type AnalysisOptions } from './plan.ts'
import { sumOver, weighStrata, type Stratum } from './strata.ts'
import { claimsDifference, decideVerdict, type Verdict } from './verdict.ts'
import { dropSignificance, testStrata, type ZTest } from './z-test.ts'

/** One variant against the control. */
export type Comparison = {
  readonly control: string
  readonly variant: string
  /**
   * The control comes first, so a negative z means that the variant converts better. `significant` respects Holm's
   * correction, and it is true only where the verdict claims a difference.
   */
  readonly zTest: ZTest
  /** The p-value of the z test, adjusted for all comparisons; null where that is. */
  readonly holmPValue: number | null
  /** Variant − control, with the fixed-horizon interval. */
  readonly lift: Lift
  /** Variant − control, with the interval that decides the verdict. */
  readonly alwaysValidLift: AlwaysValidLift
  /** The rates whose difference is the lift: of users with a complete window, at the weights of the phases. */
  readonly adjustedRates?: { readonly control: number; readonly variant: number }
  readonly verdict: Verdict
}

/** Lists the variants that some phase compares with the control, or with the baseline of an exploration. */
export const listComparisons = (
  phases: readonly Phase[],
  baseline?: string,
): readonly { readonly control: string; readonly variant: string }[] => {
  const names = (phases.at(-1)?.variants ?? []).map(({ name }) => name)
  const control = names.find((name) => name === baseline) ?? names[0]
  if (control === undefined) return []
  const others = baseline === undefined ? names.slice(1) : names.filter((name) => name !== control)
  return others
    .filter((variant) => findComparablePhases(phases, control, variant).length > 0)
    .map((variant) => ({ control, variant }))
}

const adjustRates = (strata: readonly Stratum[]): Pick<Comparison, 'adjustedRates'> => {
  const weighted = weighStrata(strata)
  if (weighted.reason !== null) return {}
  const average = (side: 'control' | 'variant') =>
    sumOver(weighted.strata, (stratum) => stratum.share * computeRate(stratum[side]))
  return { adjustedRates: { control: average('control'), variant: average('variant') } }
}

const getAll = ({ exposedUsers, conversions }: VariantCounts): Counts => ({
  exposedUsers,
  conversions,
})

/** Whether both variants have users, only none yet on one side whose window is complete. */
const isMaturing = (phases: readonly Phase[], control: string, variant: string) =>
  weighStrata(buildStrata(phases, control, variant, getAll)).reason === null

/** Compares the variants with the control. A withheld verdict replaces the verdict of each comparison. */
export const compareVariants = (
  phases: readonly Phase[],
  options: AnalysisOptions,
  withheld: Verdict | null,
): readonly Comparison[] => {
  const pairs = listComparisons(phases, options.baseline)
  const settings = chooseSequenceSettings(
    pairs.length + 1,
    readPlannedSample(options),
    options.alpha,
  )
  const comparisons = pairs.map(({ control, variant }) => {
    const comparable = findComparablePhases(phases, control, variant)
    const strata = buildStrata(comparable, control, variant)
    const sequence = estimateAlwaysValidLiftOverStrata(strata, settings)
    const decided = decideVerdict({ control, variant }, strata, sequence, options)
    const isWaitingForWindows =
      sequence.reason === 'no_users' && isMaturing(comparable, control, variant)
    return {
      control,
      variant,
      zTest: testStrata(strata),
      lift: estimateLiftOverStrata(strata),
      alwaysValidLift: sequence,
      ...adjustRates(strata),
      verdict:
        withheld ??
        (isWaitingForWindows
          ? ({ kind: 'not_enough_data', reason: 'maturing' } as const)
          : decided),
    }
  })
  const holmPValues = adjustHolm(comparisons.map(({ zTest }) => zTest.pValue))
  return comparisons.map(({ zTest, ...comparison }, index) => {
    const holmPValue = holmPValues[index] ?? null
    const isSignificant =
      holmPValue !== null && holmPValue < ALPHA && claimsDifference(comparison.verdict)
    return {
      ...comparison,
      zTest: isSignificant ? zTest : dropSignificance(zTest),
      holmPValue,
    }
  })
}
