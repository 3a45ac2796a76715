import { alwaysValidLift, sequenceSettings, type AlwaysValidLift } from './always-valid.ts'
import type { VariantCounts } from './counts.ts'
import { adjustHolm } from './holm.ts'
import { liftOf, type Lift } from './lift.ts'
import { ALPHA } from './normal.ts'
import { plannedSample, type AnalysisOptions } from './plan.ts'
import { judge, type Verdict } from './verdict.ts'
import { twoProportionZTest, withoutSignificance, type ZTest } from './z-test.ts'

/** One variant against the control. */
export type Comparison = {
  readonly control: string
  readonly variant: string
  /**
   * With the control as first: a negative z says that the variant converts better. Significant only if it still is
   * after Holm's correction.
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

/** Every variant after the first against the first. A verdict that is withheld stands in the place of each. */
export const compareVariants = (
  [control, ...others]: readonly VariantCounts[],
  options: AnalysisOptions,
  withheld: Verdict | null,
): readonly Comparison[] => {
  if (control === undefined) return []
  const planned = plannedSample(options)
  const settings = sequenceSettings(others.length + 1, planned, options.alpha)
  const comparisons = others.map((variant) => {
    const sequence = alwaysValidLift(control, variant, settings)
    return {
      control: control.name,
      variant: variant.name,
      zTest: twoProportionZTest(control, variant),
      lift: liftOf(control, variant),
      alwaysValidLift: sequence,
      verdict: withheld ?? judge(control, variant, sequence, planned),
    }
  })
  const holmPValues = adjustHolm(comparisons.map(({ zTest }) => zTest.pValue))
  return comparisons.map(({ zTest, ...comparison }, index) => {
    const holmPValue = holmPValues[index] ?? null
    const isSignificant = holmPValue !== null && holmPValue < ALPHA
    return {
      ...comparison,
      zTest: isSignificant ? zTest : withoutSignificance(zTest),
      holmPValue,
    }
  })
}
