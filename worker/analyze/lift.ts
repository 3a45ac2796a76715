import { computeRate, type Counts, type CountsReason } from './counts.ts'
import type { Measured } from './measured.ts'
import { ALPHA } from './normal.ts'
import { wilsonInterval } from './rate.ts'
import { sumOver, weighStrata, type Stratum } from './strata.ts'

/**
 * A lift is variant − control: positive when the variant converts better. Its sign is the opposite of the sign of z,
 * which the contract (design, section 4) fixes as first − other.
 */
export type Lift = Measured<
  {
    /** In rates: 0.01 is one percentage point; −1 to 1. */
    value: number
    lower: number
    upper: number
    /** Relative to the control's rate: 0.05 is 5 % more. Null when the control's rate is 0. */
    relative: number | null
  },
  CountsReason
>

/**
 * Estimates the difference of two rates with Newcombe's hybrid score interval. Valid for one look, as the z test is.
 * R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
 * methods", Statistics in Medicine 17 (1998) 873–890, method 10.
 */
export const estimateLift = (control: Counts, variant: Counts, alpha: number = ALPHA): Lift =>
  estimateLiftOverStrata([{ control, variant }], alpha)

/**
 * The same over several strata: G. Y. Zou, W. Huang and X. Zhang, "A note on confidence interval estimation for a linear
 * function of binomial proportions", Computational Statistics & Data Analysis 53 (2009) 1080–1085, with Wilson's limits
 * of every sample and the weights of strata.ts. With one stratum it is Newcombe's interval.
 */
export const estimateLiftOverStrata = (strata: readonly Stratum[], alpha: number = ALPHA): Lift => {
  const weighted = weighStrata(strata)
  if (weighted.reason !== null)
    return { value: null, lower: null, upper: null, relative: null, reason: weighted.reason }
  const parts = weighted.strata.map(({ share, control, variant }) => {
    const [p1, p2] = [computeRate(control), computeRate(variant)]
    const [first, second] = [wilsonInterval(control, alpha), wilsonInterval(variant, alpha)]
    return {
      difference: share * (p2 - p1),
      below: [share * (p2 - second.lower), share * (first.upper - p1)],
      above: [share * (second.upper - p2), share * (p1 - first.lower)],
    }
  })
  const value = parts.reduce((sum, { difference }) => sum + difference, 0)
  const controlRate = sumOver(weighted.strata, ({ share, control }) => share * computeRate(control))
  return {
    value,
    lower: Math.max(-1, value - Math.hypot(...parts.flatMap(({ below }) => below))),
    upper: Math.min(1, value + Math.hypot(...parts.flatMap(({ above }) => above))),
    relative: controlRate === 0 ? null : value / controlRate,
    reason: null,
  }
}
