import { cumulativeNormal, quantileNormal } from 'vega-statistics'

/*
 * vega-statistics: the used part is 2.4 kB minified and free of side effects. Only far larger libraries are more exact
 * (stdlib: 44 kB and 200 packages). Measured against R and SciPy: two-sided p-values to 1e-15, and
 * relatively to 1e-9 down to p = 1e-9 and 1e-8 below; quantiles relatively to 1e-11 down to a probability of 1e-6.
 */

/** The default error rate of intervals and verdicts: intervals are 95 % intervals. */
export const ALPHA = 0.05

/** The probability that a standard normal variable is at least this far from 0, on either side. */
export const twoSidedPValue = (z: number): number => 2 * cumulativeNormal(-Math.abs(z))

/** How far from 0 a standard normal variable stays with probability 1 − alpha: 1.95996… for 0.05. */
export const criticalValue = (alpha: number): number => -quantileNormal(alpha / 2)

/** The value below which a standard normal variable falls with this probability: 0.84162… for 0.8. */
export const normalQuantile = (probability: number): number => quantileNormal(probability)
