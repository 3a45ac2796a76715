import { chiSquareUpperTail } from './chi-square.ts'
import { isValidVariant, type VariantCounts } from './counts.ts'
import type { Phase } from './phases.ts'

/** GrowthBook's threshold. It is strict because the check runs at every look. */
const ALARM_P_VALUE = 0.001

/** The statistic is not chi-square yet where a variant expects fewer: W. G. Cochran, Biometrics 10 (1954) 417–451. */
const LEAST_EXPECTED = 5

export type SampleRatioReason =
  | 'invalid_counts'
  /** Sticky users keep their old variant, so no single set of weights describes the counts any more. */
  | 'weights_changed'
  | 'assignments_without_weight'
  | 'fewer_than_two_weighted'
  | 'too_few_assignments'

/** Whether users were assigned in the proportions that the weights ask for. */
export type SampleRatio =
  | {
      readonly status: 'balanced' | 'mismatch'
      readonly chiSquare: number
      readonly degreesOfFreedom: number
      readonly pValue: number
      readonly reason: null
    }
  | {
      readonly status: 'mismatch' | 'unknown'
      readonly chiSquare: null
      readonly degreesOfFreedom: null
      readonly pValue: null
      readonly reason: SampleRatioReason
    }

const untested = { chiSquare: null, degreesOfFreedom: null, pValue: null } as const

/**
 * Tests assignments against weights with Pearson's chi-square test of goodness of fit. At a mismatch, users went
 * missing or got a variant in another way, and the variants are not comparable.
 * A. Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
 *
 * A variant of weight 0 is not tested. Weights that never changed cannot have assigned a user to it, so a user there
 * is a certain mismatch.
 */
export const checkSampleRatio = (
  variants: readonly VariantCounts[],
  weightsChanged = false,
): SampleRatio => {
  if (!variants.every(isValidVariant))
    return { status: 'unknown', ...untested, reason: 'invalid_counts' }
  if (weightsChanged) return { status: 'unknown', ...untested, reason: 'weights_changed' }
  if (variants.some(({ weight, assignments }) => weight === 0 && assignments > 0))
    return { status: 'mismatch', ...untested, reason: 'assignments_without_weight' }

  const weighted = variants.filter(({ weight }) => weight > 0)
  if (weighted.length < 2)
    return { status: 'unknown', ...untested, reason: 'fewer_than_two_weighted' }

  const totalWeight = weighted.reduce((sum, { weight }) => sum + weight, 0)
  const total = weighted.reduce((sum, { assignments }) => sum + assignments, 0)
  const cells = weighted.map(({ weight, assignments }) => ({
    observed: assignments,
    expected: total * (weight / totalWeight),
  }))
  if (cells.some(({ expected }) => expected < LEAST_EXPECTED))
    return { status: 'unknown', ...untested, reason: 'too_few_assignments' }

  const chiSquare = cells.reduce(
    (sum, { observed, expected }) => sum + (observed - expected) ** 2 / expected,
    0,
  )
  const degreesOfFreedom = weighted.length - 1
  const pValue = chiSquareUpperTail(chiSquare, degreesOfFreedom)
  const status = pValue < ALARM_P_VALUE ? 'mismatch' : 'balanced'
  return { status, chiSquare, degreesOfFreedom, pValue, reason: null }
}

type TestedRatio = Extract<SampleRatio, { reason: null }>

/**
 * Combines the tests of the phases. Independent chi-square statistics add up, and so do their degrees of freedom
 * (W. G. Cochran, Biometrics 10 (1954) 417–451, section 3). A sum can hide one short phase that is wrong, so a phase
 * alone raises the alarm as well, at an equal part of the threshold. A phase that is too small is left out.
 */
export const combineSampleRatios = (ratios: readonly SampleRatio[]): SampleRatio => {
  const [only] = ratios
  if (only === undefined) return { status: 'unknown', ...untested, reason: 'too_few_assignments' }
  if (ratios.length === 1) return only
  const certain = ratios.find(
    ({ status, reason }) =>
      reason === 'invalid_counts' || (status === 'mismatch' && reason !== null),
  )
  if (certain) return certain
  const tested = ratios.filter((ratio): ratio is TestedRatio => ratio.reason === null)
  const [first] = tested
  if (first === undefined) return ratios.at(-1) ?? only
  const worst = tested.reduce((a, b) => (b.pValue < a.pValue ? b : a), first)
  if (worst.pValue < ALARM_P_VALUE / tested.length) return { ...worst, status: 'mismatch' }
  const chiSquare = tested.reduce((sum, ratio) => sum + ratio.chiSquare, 0)
  const degreesOfFreedom = tested.reduce((sum, ratio) => sum + ratio.degreesOfFreedom, 0)
  const pValue = chiSquareUpperTail(chiSquare, degreesOfFreedom)
  const status = pValue < ALARM_P_VALUE ? 'mismatch' : 'balanced'
  return { status, chiSquare, degreesOfFreedom, pValue, reason: null }
}

/** Tests the assignments of each phase against its own weights. */
export const checkPhaseRatios = (phases: readonly Phase[]): readonly SampleRatio[] =>
  phases.map(({ variants, hasUnknownWeights }) => checkSampleRatio(variants, hasUnknownWeights))
