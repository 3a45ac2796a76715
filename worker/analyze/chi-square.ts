import { twoSidedPValue } from './normal.ts'

/**
 * The probability that a chi-square variable exceeds `statistic`, for whole degrees of freedom of at least 1.
 *
 * Exact, by the recurrence Q(x | v + 2) = Q(x | v) + (x/2)^(v/2) e^(−x/2) / Γ(v/2 + 1) of Abramowitz and Stegun,
 * Handbook of Mathematical Functions, 26.4.8, from Q(x | 1) = 2 Φ(−√x) and Q(x | 2) = e^(−x/2). An experiment
 * has at most 20 variants, so a general incomplete gamma function (77 kB in stdlib) would buy nothing. All terms
 * are positive: nothing cancels, and small probabilities keep their digits.
 */
export const chiSquareUpperTail = (statistic: number, degreesOfFreedom: number): number => {
  const isOdd = degreesOfFreedom % 2 === 1
  const density = Math.exp(-statistic / 2)
  let tail = isOdd ? twoSidedPValue(Math.sqrt(statistic)) : density
  let term = density * (isOdd ? Math.sqrt((2 * statistic) / Math.PI) : statistic / 2)
  for (let degrees = isOdd ? 1 : 2; degrees < degreesOfFreedom; degrees += 2) {
    tail += term
    term *= statistic / (degrees + 2)
  }
  return Math.min(1, tail)
}
