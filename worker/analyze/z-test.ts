import { computeComplement, computeRate, pool, type Counts, type CountsReason } from './counts.ts'
import { twoSidedPValue } from './normal.ts'
import { sumOver, weighStrata, type Stratum } from './strata.ts'

/** Why z is missing: the counts, or a pooled rate of 0 or 1. */
export type ZTestReason = CountsReason | 'no_variation'

/** A two-sided test that two rates are equal. Valid for one look, at a sample size fixed beforehand. */
export type ZTest =
  | {
      /** (p1 − p2) / standard error: positive when the first variant converts better. */
      readonly z: number
      readonly pValue: number
      readonly significant: boolean
      readonly reason: null
    }
  | {
      readonly z: null
      readonly pValue: null
      readonly significant: false
      readonly reason: ZTestReason
    }

/** The contract's threshold (design, section 4), not the quantile 1.95996…. */
const SIGNIFICANT_Z = 1.96

/**
 * z = (p1 − p2) / sqrt(P(1 − P)(1/n1 + 1/n2)) with P pooled: design, section 4; Fleiss, Levin and Paik,
 * Statistical Methods for Rates and Proportions, 3rd ed. (2003), section 3.1, without continuity correction.
 *
 * @example
 * testTwoProportions({ exposedUsers: 1000, conversions: 120 }, { exposedUsers: 1000, conversions: 90 }).z // 2.188…
 */
export const testTwoProportions = (first: Counts, second: Counts): ZTest =>
  testStrata([{ control: first, variant: second }])

const computeNullVariance = ({ control, variant }: Stratum) => {
  const pooled = pool(control, variant)
  return (
    computeRate(pooled) *
    computeComplement(pooled) *
    (1 / control.exposedUsers + 1 / variant.exposedUsers)
  )
}

/**
 * The same test over several strata, pooled within each: W. G. Cochran, "Some methods for strengthening the common χ²
 * tests", Biometrics 10 (1954) 417–451, section 6.2, without continuity correction. With one stratum it is the test
 * above.
 */
export const testStrata = (strata: readonly Stratum[]): ZTest => {
  const weighted = weighStrata(strata)
  if (weighted.reason !== null)
    return { z: null, pValue: null, significant: false, reason: weighted.reason }
  const variance = sumOver(
    weighted.strata,
    (stratum) => stratum.share ** 2 * computeNullVariance(stratum),
  )
  if (variance === 0) return { z: null, pValue: null, significant: false, reason: 'no_variation' }
  const difference = sumOver(
    weighted.strata,
    ({ share, control, variant }) => share * (computeRate(control) - computeRate(variant)),
  )
  const z = difference / Math.sqrt(variance)
  return {
    z,
    pValue: twoSidedPValue(z),
    significant: Math.abs(z) > SIGNIFICANT_Z,
    reason: null,
  }
}

/** Removes the claim of significance from a test: before the plan is complete, at a mismatch, or after Holm. */
export const dropSignificance = (test: ZTest): ZTest => ({ ...test, significant: false })
