import {
  chooseSequenceSettings,
  computeInformation,
  computeLogEvidence,
  standardizeLift,
} from './always-valid.ts'
import { listComparisons } from './compare.ts'
import { ALPHA } from './normal.ts'
import { buildStrata, findComparablePhases, type Phase } from './phases.ts'
import { readPlannedSample, type AnalysisOptions } from './plan.ts'
import { weighStrata } from './strata.ts'

/*
 * An experiment that starts over gets another chance to show a difference by chance. All starts together must keep the
 * alpha of the plan.
 *
 * The confidence sequence of a start excludes 0 when its evidence M, a mixture of likelihood ratios, reaches 1 / alpha.
 * Without a lift the mean of M is at most 1 at any stopping time (an e-process), and so is the mean of the product of M
 * over the starts, because the users of a start are new: "optional continuation", P. Grünwald, R. de Heide and
 * W. Koolen, "Safe testing", J. Royal Statistical Society B 86 (2024) 1091–1128. By Ville's inequality
 * the product ever reaches 1 / alpha with a probability of at most alpha. So the evidence of start k must reach
 *
 *   1 / (alpha · Π min(1, M_j)),   j < k
 *
 * The minimum makes the bar only higher: evidence of a start that was thrown away is never credited to the next.
 *
 * A fixed sequence such as alpha · 6 / (π² k²) (a union bound) would keep alpha, too. It takes 39 % of alpha from every
 * experiment, also from those that never start over, and as much for a new start after ten users as for one after ten
 * thousand. Here a new start costs what its predecessor could have shown: nothing without users, a factor of about 3
 * after the planned sample.
 */

/** The evidence of one start for each comparison; the smallest of them, and at most 1. */
const findLeastEvidence = (phases: readonly Phase[], options: AnalysisOptions): number => {
  const pairs = listComparisons(phases)
  const settings = chooseSequenceSettings(
    pairs.length + 1,
    readPlannedSample(options),
    options.alpha,
  )
  const evidence = pairs.map(({ control, variant }) => {
    const comparable = findComparablePhases(phases, control, variant)
    const weighted = weighStrata(buildStrata(comparable, control, variant))
    if (weighted.reason !== null) return 1
    const { value, standardError } = standardizeLift(weighted.strata)
    // Nothing varies: the start showed nothing, and it used up the users.
    const z = standardError === 0 ? 0 : value / standardError
    return Math.exp(computeLogEvidence(computeInformation(weighted.strata, settings), z))
  })
  return Math.min(1, ...evidence)
}

/**
 * Computes the alpha that the earlier starts of an experiment leave to the present one.
 *
 * @param starts the phases of each earlier start, until the next one began
 * @param planSample returns the planned sample of these phases at this alpha; null without a plan
 */
export const spendAlpha = (
  starts: readonly (readonly Phase[])[],
  alpha: number = ALPHA,
  planSample: (phases: readonly Phase[], alpha: number) => number | null = () => null,
): number =>
  starts.reduce(
    (left, phases) =>
      left *
      findLeastEvidence(phases, {
        alpha: left,
        plannedSamplePerVariant: planSample(phases, left),
      }),
    alpha,
  )
