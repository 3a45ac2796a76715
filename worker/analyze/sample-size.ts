import { alwaysValidCriticalValue, informationWhenTuned } from './always-valid.ts'
import type { Measured } from './measured.ts'
import { ALPHA, criticalValue, normalQuantile } from './normal.ts'
import { MINIMUM_EXPECTED } from './verdict.ts'

/** The effect to find, and how certain the test must be. */
export type SampleSizeQuestion = {
  /** The control's conversion rate today, between 0 and 1. */
  readonly baselineRate: number
  /**
   * The smallest lift worth finding, relative to the baseline as is the custom of the field (GrowthBook, Statsig,
   * Optimizely): 0.05 is 5 % more, −0.05 is 5 % less.
   */
  readonly minimumRelativeLift: number
  /** The chance to find a lift of that size: 0.5 to 0.9999, by default 0.8. */
  readonly power?: number
  /** The chance of a false alarm: 1e-6 to 0.5, by default 0.05. */
  readonly alpha?: number
  /** Two or more, by default two; each one more makes the comparisons stricter. */
  readonly variantCount?: number
}

export type SampleSizeReason =
  | 'baseline_out_of_range'
  | 'lift_out_of_range'
  | 'power_out_of_range'
  | 'alpha_out_of_range'
  | 'variant_count_out_of_range'

/** Exposed users that each variant needs, rounded up. */
export type SampleSize = Measured<
  {
    /** For one z test, done once, when everybody is in. */
    fixedPerVariant: number
    /** For the always-valid verdict of `analyze`, with this as its planned sample: about twice as many. */
    alwaysValidPerVariant: number
  },
  SampleSizeReason
>

/**
 * Users per variant for the pooled z test of two equally large samples, unrounded.
 * Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003), section 4.2, without
 * continuity correction; the formula that R's power.prop.test solves.
 */
export const fixedSampleSize = (p1: number, p2: number, alpha: number, power: number): number => {
  const mean = (p1 + p2) / 2
  const underNull = criticalValue(alpha) * Math.sqrt(2 * mean * (1 - mean))
  const underLift = normalQuantile(power) * Math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))
  return ((underNull + underLift) / (p2 - p1)) ** 2
}

/**
 * Users per variant at which the confidence sequence, tuned to that moment, excludes 0 with this power, unrounded.
 * The lift is then normal with variance (p1 q1 + p2 q2) / n, and the interval reaches a constant number of standard
 * errors, so the textbook formula holds with that constant in the place of 1.96. Conservative: it does not count
 * the chance to have seen the lift at an earlier look.
 */
export const alwaysValidSampleSize = (
  p1: number,
  p2: number,
  alpha: number,
  power: number,
): number => {
  const reach = alwaysValidCriticalValue(informationWhenTuned(alpha), alpha)
  const variance = p1 * (1 - p1) + p2 * (1 - p2)
  return ((reach + normalQuantile(power)) / (p2 - p1)) ** 2 * variance
}

/* Written so that NaN is out of any range. */
const isWithin = (value: number, least: number, most: number) => value >= least && value <= most
const isInside = (value: number) => value > 0 && value < 1

const refuseQuestion = (reason: SampleSizeReason): SampleSize => ({
  fixedPerVariant: null,
  alwaysValidPerVariant: null,
  reason,
})

/** Computes the users that each of equally weighted variants needs. Comparisons share alpha equally (Bonferroni). */
export const computeSampleSize = ({
  baselineRate,
  minimumRelativeLift,
  power = 0.8,
  alpha = ALPHA,
  variantCount = 2,
}: SampleSizeQuestion): SampleSize => {
  const target = baselineRate * (1 + minimumRelativeLift)
  if (!isInside(baselineRate)) return refuseQuestion('baseline_out_of_range')
  if (!isInside(target)) return refuseQuestion('lift_out_of_range')
  if (!isWithin(power, 0.5, 0.9999)) return refuseQuestion('power_out_of_range')
  if (!isWithin(alpha, 1e-6, 0.5)) return refuseQuestion('alpha_out_of_range')
  if (!isWithin(variantCount, 2, 20)) return refuseQuestion('variant_count_out_of_range')

  const each = alpha / (variantCount - 1)
  const mean = (baselineRate + target) / 2
  const forVerdict = MINIMUM_EXPECTED / Math.min(mean, 1 - mean)
  const alwaysValid = alwaysValidSampleSize(baselineRate, target, each, power)
  const fixedPerVariant = Math.ceil(fixedSampleSize(baselineRate, target, each, power))
  const alwaysValidPerVariant = Math.ceil(Math.max(alwaysValid, forVerdict))
  // The lift vanishes in rounding, or needs more users than a number can hold.
  if (![fixedPerVariant, alwaysValidPerVariant].every(Number.isSafeInteger))
    return refuseQuestion('lift_out_of_range')
  return { fixedPerVariant, alwaysValidPerVariant, reason: null }
}
