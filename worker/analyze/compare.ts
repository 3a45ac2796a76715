import {
  estimateAlwaysValidLift,
  chooseSequenceSettings,
  type AlwaysValidLift,
} from './always-valid.ts'
import type { VariantCounts } from './counts.ts'
import { adjustHolm } from './holm.ts'
import { estimateLift, type Lift } from './lift.ts'
import { ALPHA } from './normal.ts'
import { readPlannedSample, type AnalysisOptions } from './plan.ts'
import { decideVerdict, type Verdict } from './verdict.ts'
import { testTwoProportions, dropSignificance, type ZTest } from './z-test.ts'

/** One variant against the control. */
export type Comparison = {
  readonly control: string
  readonly variant: string
  /**
   * The control comes first, so a negative z means that the variant converts better. `significant` respects Holm's
   * correction.
   */
  readonly zTest: ZTest
  /** The p-value of the z test, adjusted for all comparisons; null where that is. */
  readonly holmPValue: number | null
  /** Variant − control, with the fixed-horizon interval. */
  readonly lift: Lift
  /** Variant − control, with the interval that decides the verdict. */
  readonly alwaysValidLift: AlwaysValidLift
  readonly verdict: Verdict
}

/** Compares every later variant with the first. A withheld verdict replaces the verdict of each comparison. */
export const compareVariants = (
  [control, ...others]: readonly VariantCounts[],
  options: AnalysisOptions,
  withheld: Verdict | null,
): readonly Comparison[] => {
  if (control === undefined) return []
  const planned = readPlannedSample(options)
  const settings = chooseSequenceSettings(others.length + 1, planned, options.alpha)
  const comparisons = others.map((variant) => {
    const sequence = estimateAlwaysValidLift(control, variant, settings)
    return {
      control: control.name,
      variant: variant.name,
      zTest: testTwoProportions(control, variant),
      lift: estimateLift(control, variant),
      alwaysValidLift: sequence,
      verdict: withheld ?? decideVerdict(control, variant, sequence, planned),
    }
  })
  const holmPValues = adjustHolm(comparisons.map(({ zTest }) => zTest.pValue))
  return comparisons.map(({ zTest, ...comparison }, index) => {
    const holmPValue = holmPValues[index] ?? null
    const isSignificant = holmPValue !== null && holmPValue < ALPHA
    return {
      ...comparison,
      zTest: isSignificant ? zTest : dropSignificance(zTest),
      holmPValue,
    }
  })
}
