import { computeComplement, computeRate, type Counts } from './counts.ts'
import type { Measured } from './measured.ts'
import { ALPHA } from './normal.ts'
import {
  countEffectiveUsers,
  sumOver,
  weighStrata,
  type Stratum,
  type WeightedStratum,
} from './strata.ts'
import type { ZTestReason } from './z-test.ts'

/*
 * The asymptotic confidence sequence of I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas,
 * "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024),
 * arXiv:2103.06476v7, as GrowthBook applies it to two variants (docs.growthbook.io/statistics/sequential):
 *
 *   lift ± s sqrt(N) sqrt( 2 (N rho² + 1) / (N² rho²) · log( sqrt(N rho² + 1) / alpha ) )          equation (9)
 *   rho² = (−2 log(alpha) + log(−2 log(alpha) + 1)) / N*                                           equation (161)
 *
 * with N the users of both variants, s the standard error of the lift, and N* where the sequence is tightest.
 * Here `information` is N rho², so everything is in units of s and N cancels.
 */

/** These settings must stay fixed while an experiment runs: a change in view of the data voids the guarantee. */
export type SequenceSettings = {
  /** The chance that the sequence excludes the true lift at any look. */
  readonly alpha: number
  /** N*: the users of both variants together at which the interval is narrowest compared with a fixed one. */
  readonly tuningUsers: number
}

/** A lift, variant − control, with an interval and a p-value that are valid at every look. */
export type AlwaysValidLift = Measured<
  {
    value: number
    lower: number
    upper: number
    /** Below the settings' alpha exactly when the interval excludes 0. */
    pValue: number
  },
  ZTestReason
>

/** GrowthBook's default for N*. */
const DEFAULT_TUNING_USERS = 5_000

/**
 * Returns the settings for an experiment. All comparisons with the control must hold together, so each gets an equal
 * part of alpha (Bonferroni). With a plan, the sequence is narrowest when the planned sample is complete.
 */
export const chooseSequenceSettings = (
  variantCount: number,
  plannedSamplePerVariant: number | null,
  alpha: number = ALPHA,
): SequenceSettings => ({
  alpha: alpha / Math.max(1, variantCount - 1),
  tuningUsers:
    plannedSamplePerVariant === null ? DEFAULT_TUNING_USERS : 2 * plannedSamplePerVariant,
})

/** N rho² at N = N*: equation (161), which does not depend on N*. */
export const informationWhenTuned = (alpha: number): number =>
  -2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))

/** Half the width of the interval in standard errors. A fixed 95 % interval has 1.96 here. */
export const alwaysValidCriticalValue = (information: number, alpha: number): number =>
  Math.sqrt((2 * (information + 1) * (Math.log1p(information) / 2 - Math.log(alpha))) / information)

/** The logarithm of the mixture's likelihood ratio against "no lift", equation (155). */
export const computeLogEvidence = (information: number, z: number): number =>
  (information * z * z) / (2 * (information + 1)) - Math.log1p(information) / 2

const alwaysValidPValue = (information: number, z: number) =>
  Math.min(1, Math.exp(-computeLogEvidence(information, z)))

const computeVariance = (sample: Counts) =>
  (computeRate(sample) * computeComplement(sample)) / sample.exposedUsers

/** N rho² of these users. */
export const computeInformation = (
  strata: readonly WeightedStratum[],
  settings: SequenceSettings,
): number =>
  (informationWhenTuned(settings.alpha) * countEffectiveUsers(strata)) / settings.tuningUsers

/** Estimates the lift and its standard error. */
export const standardizeLift = (
  strata: readonly WeightedStratum[],
): { readonly value: number; readonly standardError: number } => ({
  value: sumOver(
    strata,
    ({ share, control, variant }) => share * (computeRate(variant) - computeRate(control)),
  ),
  standardError: Math.sqrt(
    sumOver(
      strata,
      ({ share, control, variant }) =>
        share ** 2 * (computeVariance(control) + computeVariance(variant)),
    ),
  ),
})

/**
 * Estimates the lift at one look, from cumulative counts, with an interval that stays valid at every look.
 *
 * The guarantee is asymptotic: with few conversions on one side the interval is too narrow, so a verdict waits for
 * `hasMinimumSample`. The guarantee also needs final outcomes: pass only users whose conversion window is complete.
 */
export const estimateAlwaysValidLift = (
  control: Counts,
  variant: Counts,
  settings: SequenceSettings,
): AlwaysValidLift => estimateAlwaysValidLiftOverStrata([{ control, variant }], settings)

const missing = (reason: ZTestReason): AlwaysValidLift => ({
  value: null,
  lower: null,
  upper: null,
  pValue: null,
  reason,
})

/**
 * The same over several strata. The lift and its standard error are combined with weights that depend on sizes alone
 * (strata.ts), which keeps the sum a martingale when later weights are chosen in view of the data. The boundary is that
 * of equation (9) in the accumulated variance; the same paper has it for means and variances that change over time (its
 * Lindeberg- and Lyapunov-type sequences).
 */
export const estimateAlwaysValidLiftOverStrata = (
  strata: readonly Stratum[],
  settings: SequenceSettings,
): AlwaysValidLift => {
  const weighted = weighStrata(strata)
  if (weighted.reason !== null) return missing(weighted.reason)
  const { value, standardError } = standardizeLift(weighted.strata)
  if (standardError === 0) return missing('no_variation')
  const information = computeInformation(weighted.strata, settings)
  const margin = standardError * alwaysValidCriticalValue(information, settings.alpha)
  return {
    value,
    lower: Math.max(-1, value - margin),
    upper: Math.min(1, value + margin),
    pValue: alwaysValidPValue(information, value / standardError),
    reason: null,
  }
}
