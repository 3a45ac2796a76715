import { findCountsProblem, computeRate, type Counts, type CountsReason } from './counts.ts'
import type { Measured } from './measured.ts'
import { ALPHA } from './normal.ts'
import { wilsonInterval } from './rate.ts'

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
export const estimateLift = (control: Counts, variant: Counts, alpha: number = ALPHA): Lift => {
  const reason = findCountsProblem(control, variant)
  if (reason) return { value: null, lower: null, upper: null, relative: null, reason }
  const [p1, p2] = [computeRate(control), computeRate(variant)]
  const [first, second] = [wilsonInterval(control, alpha), wilsonInterval(variant, alpha)]
  const value = p2 - p1
  return {
    value,
    lower: Math.max(-1, value - Math.hypot(p2 - second.lower, first.upper - p1)),
    upper: Math.min(1, value + Math.hypot(second.upper - p2, p1 - first.lower)),
    relative: p1 === 0 ? null : value / p1,
    reason,
  }
}
