import {
  computeComplement,
  findCountsProblem,
  computeRate,
  type Counts,
  type CountsReason,
} from './counts.ts'
import type { Measured } from './measured.ts'
import { ALPHA, criticalValue } from './normal.ts'

/** A conversion rate, 0 to 1, with its interval. Valid for one look, as the z test is. */
export type Rate = Measured<{ value: number; lower: number; upper: number }, CountsReason>

/*
 * The lower root of the score equation, from the product of both roots instead of their difference: exactly 0
 * for a share of 0, and no digits cancel for small ones. The upper limit is the complement's lower limit.
 */
const lowerScoreLimit = (share: number, users: number, z: number) => {
  const shift = (z * z) / (2 * users)
  const spread = z * Math.sqrt((share * (1 - share)) / users + (z * z) / (4 * users * users))
  return (share * share) / (share + shift + spread)
}

/**
 * Wilson's score interval, without continuity correction, of a sample with at least one user.
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209–212.
 */
export const wilsonInterval = (sample: Counts, alpha: number): { lower: number; upper: number } => {
  const z = criticalValue(alpha)
  return {
    lower: lowerScoreLimit(computeRate(sample), sample.exposedUsers, z),
    upper: 1 - lowerScoreLimit(computeComplement(sample), sample.exposedUsers, z),
  }
}

/** Estimates the share of exposed users who converted. */
export const estimateRate = (sample: Counts, alpha: number = ALPHA): Rate => {
  const reason = findCountsProblem(sample)
  if (reason) return { value: null, lower: null, upper: null, reason }
  return { value: computeRate(sample), ...wilsonInterval(sample, alpha), reason }
}
