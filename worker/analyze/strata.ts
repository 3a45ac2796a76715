import { findCountsProblem, type Counts, type CountsReason } from './counts.ts'

/*
 * A phase is a time with constant weights. Rates may change between phases, so the samples of different phases must not
 * be mixed (E. H. Simpson, J. Royal Statistical Society B 13 (1951) 238–241; R. Kohavi and R. Longbotham, "Unexpected
 * results in online controlled experiments", SIGKDD Explorations 12(2) (2010), section on ramp-up). The lift is estimated
 * within each phase and combined with the weights of Mantel and Haenszel for a risk difference
 * (S. Greenland and J. M. Robins, "Estimation of a common effect parameter from sparse follow-up data", Biometrics 41
 * (1985) 55–68; the test is W. G. Cochran's, Biometrics 10 (1954) 417–451):
 *
 *   d = Σ w (p2 − p1) / Σ w,    w = n1 n2 / (n1 + n2)
 *
 * Reasons for these weights and against inverse variances:
 * - They depend on the sizes alone. An inverse variance is estimated from the outcomes: a phase with few conversions by
 *   chance would seem precise and get too much weight.
 * - w (p2 − p1) = Σ (T − T̄) Y over the users of a phase, where T is 1 for the variant and 0 for the control. The sum over
 *   phases is a martingale under equal rates (up to the estimated mean), even if the next weights are chosen in view of the
 *   data: a new phase adds terms and never changes the share that an earlier user has in Σ w (p2 − p1). That is what the
 *   confidence sequence needs.
 * - Under equal rates they have the smallest variance.
 * Where the effect differs between phases, d is the average effect with these weights.
 */

/** Two samples that the same weights split at the same time. */
export type Stratum = { readonly control: Counts; readonly variant: Counts }

export type WeightedStratum = Stratum & {
  /** The stratum's part of all Mantel–Haenszel weights: 1 when it is the only one. */
  readonly share: number
}

export type Strata =
  | { readonly strata: readonly WeightedStratum[]; readonly reason: null }
  | { readonly strata: null; readonly reason: CountsReason }

const weigh = ({ control, variant }: Stratum) =>
  control.exposedUsers * (variant.exposedUsers / (control.exposedUsers + variant.exposedUsers))

/** Weighs the strata that have users on both sides; the others hold no comparison. */
export const weighStrata = (strata: readonly Stratum[]): Strata => {
  const problems = strata.map(({ control, variant }) => findCountsProblem(control, variant))
  if (problems.includes('invalid_counts')) return { strata: null, reason: 'invalid_counts' }
  const usable = strata.filter((_, index) => problems[index] === null)
  const total = usable.reduce((sum, stratum) => sum + weigh(stratum), 0)
  if (usable.length === 0) return { strata: null, reason: 'no_users' }
  return {
    strata: usable.map((stratum) => ({ ...stratum, share: weigh(stratum) / total })),
    reason: null,
  }
}

/** Adds f over the strata. */
export const sumOver = (
  strata: readonly WeightedStratum[],
  f: (stratum: WeightedStratum) => number,
): number => strata.reduce((sum, stratum) => sum + f(stratum), 0)

/**
 * The users of both samples, in users of the first stratum's split: Σ w / w₁ of its users.
 *
 * The boundary of a confidence sequence runs in the variance that has accumulated. A user of a 99:1 split adds little of
 * it, so N must not grow by one: otherwise a re-weighting would narrow the interval without evidence. With one stratum
 * this is the number of its users.
 */
export const countEffectiveUsers = (strata: readonly WeightedStratum[]): number => {
  const [first] = strata
  return first === undefined
    ? 0
    : (first.control.exposedUsers + first.variant.exposedUsers) / first.share
}
