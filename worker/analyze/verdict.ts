import type { AlwaysValidLift } from './always-valid.ts'
import { pool } from './counts.ts'
import { isTooEarly, readPlannedSample, type AnalysisOptions, type WithheldReason } from './plan.ts'
import type { Stratum } from './strata.ts'

/** Why a verdict waits. */
export type WaitReason =
  | 'no_users'
  /** Users came, but no conversion window is complete on both sides. */
  | 'maturing'
  | 'no_variation'
  | 'below_minimum'
  | 'below_plan'
  /** Fewer days of intake than the plan asks: a week has days of different kinds. */
  | 'too_early'

/**
 * The verdict at one look. The always-valid interval decides, so frequent looks do no harm. `better` and `worse`
 * describe the conversion rate of `variant` compared with `control`.
 */
export type Verdict =
  | {
      readonly kind: 'invalid_data'
      readonly reason: 'invalid_counts' | 'fewer_than_two_variants' | 'control_without_weight'
    }
  /** Withheld: users went missing or got a variant in another way, so the variants are not comparable. */
  | { readonly kind: 'sample_ratio_mismatch' }
  | { readonly kind: 'withheld'; readonly reason: WithheldReason }
  | { readonly kind: 'not_enough_data'; readonly reason: WaitReason }
  /** The interval still contains 0. This is not a proof that there is no difference. */
  | { readonly kind: 'no_detectable_difference' }
  /** Without a plan, the difference is reported as unplanned. */
  | {
      readonly kind: 'better' | 'worse' | 'unplanned_better' | 'unplanned_worse'
      readonly control: string
      readonly variant: string
    }

/**
 * The conversions, and the users who did not convert, that each of two variants would have if their rates were
 * equal. Below it no verdict is given.
 *
 * The confidence sequence is asymptotic: where one variant has a handful of conversions, its variance is estimated
 * too small too often. In A/A simulations (splits from 50:50 to 98:2, a look every 20 to 100 users) up to 78 of 100
 * raised a false alarm without a minimum; with 50 all stayed below their alpha, down to 0.05/19, where 25 did not.
 * GrowthBook asks for 150 conversions in the *larger* variant, which does nothing for the smaller one. Counting
 * under equal rates, and not as observed, lets a variant without any conversions be called worse.
 */
export const MINIMUM_EXPECTED = 50

const countExpected = ({ control, variant }: Stratum) => {
  const { exposedUsers, conversions } = pool(control, variant)
  const smaller = Math.min(control.exposedUsers, variant.exposedUsers)
  const rarer = Math.min(conversions, exposedUsers - conversions)
  return exposedUsers === 0 ? 0 : (smaller * rarer) / exposedUsers
}

/** Whether all strata together are large enough for the normal approximation. */
export const hasMinimumSample = (strata: readonly Stratum[]): boolean =>
  strata.reduce((sum, stratum) => sum + countExpected(stratum), 0) >= MINIMUM_EXPECTED

const countUsers = (strata: readonly Stratum[], side: 'control' | 'variant') =>
  strata.reduce((sum, stratum) => sum + stratum[side].exposedUsers, 0)

/** The users of the smaller of two variants, over all strata: as many as the plan asks make the sample complete. */
export const countSmaller = (strata: readonly Stratum[]): number =>
  Math.min(countUsers(strata, 'control'), countUsers(strata, 'variant'))

/** Whether the verdict claims a difference. Nothing else in the results may claim one without it. */
export const claimsDifference = ({ kind }: Verdict): boolean =>
  kind === 'better' || kind === 'worse' || kind === 'unplanned_better' || kind === 'unplanned_worse'

/** Decides the verdict of one comparison, when the data are valid and the assignments balanced. */
export const decideVerdict = (
  names: { readonly control: string; readonly variant: string },
  strata: readonly Stratum[],
  lift: AlwaysValidLift,
  options: AnalysisOptions,
): Verdict => {
  if (lift.reason === 'invalid_counts') return { kind: 'invalid_data', reason: lift.reason }
  if (lift.reason !== null) return { kind: 'not_enough_data', reason: lift.reason }
  if (!hasMinimumSample(strata)) return { kind: 'not_enough_data', reason: 'below_minimum' }
  const planned = readPlannedSample(options)
  if (planned !== null && countSmaller(strata) < planned)
    return { kind: 'not_enough_data', reason: 'below_plan' }
  if (isTooEarly(options)) return { kind: 'not_enough_data', reason: 'too_early' }
  if (lift.lower <= 0 && lift.upper >= 0) return { kind: 'no_detectable_difference' }
  const direction = lift.value > 0 ? 'better' : 'worse'
  return { kind: options.isUnplanned === true ? `unplanned_${direction}` : direction, ...names }
}
