import { describe, expect, test } from 'vitest'
import {
  estimateAlwaysValidLift,
  estimateAlwaysValidLiftOverStrata,
} from '../../../worker/analyze/always-valid.ts'
import { chiSquareUpperTail } from '../../../worker/analyze/chi-square.ts'
import { adjustHolm } from '../../../worker/analyze/holm.ts'
import { estimateLift, estimateLiftOverStrata } from '../../../worker/analyze/lift.ts'
import { estimateRate } from '../../../worker/analyze/rate.ts'
import { checkSampleRatio } from '../../../worker/analyze/sample-ratio.ts'
import { alwaysValidSampleSize, fixedSampleSize } from '../../../worker/analyze/sample-size.ts'
import { testStrata, testTwoProportions } from '../../../worker/analyze/z-test.ts'
import { groups } from '../../vectors/analyze.json'
import { counts } from './support.ts'

/** The agreement that is asked for: absolute up to 1, relative above. */
const TOLERANCE = 1e-9

/** P-values are to keep their leading digits too, however small; this many the library promises in the far tail. */
const TAIL_TOLERANCE = 1e-8

/** Infinite where a number is missing. */
const measureError = (actual: number | null | undefined, expected: number) =>
  Math.abs((actual ?? Number.POSITIVE_INFINITY) - expected) / Math.max(1, Math.abs(expected))

const measureRelativeError = (actual: number | null | undefined, expected: number) =>
  actual === expected
    ? 0
    : Math.abs((actual ?? Number.POSITIVE_INFINITY) - expected) / Math.abs(expected)

describe('Agreement with R and statsmodels', () => {
  test.for(groups.zTest.cases)(
    'z test of $c1/$n1 against $c2/$n2',
    ({ n1, c1, n2, c2, z, pValue }) => {
      const result = testTwoProportions(counts(c1, n1), counts(c2, n2))
      expect(measureError(result.z, z)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureError(result.pValue, pValue)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureRelativeError(result.pValue, pValue)).toBeLessThanOrEqual(TAIL_TOLERANCE)
    },
  )

  test.for(groups.wilson.cases)('interval of the rate $c/$n', ({ n, c, lower, upper }) => {
    const rate = estimateRate(counts(c, n))
    expect(measureError(rate.lower, lower)).toBeLessThanOrEqual(TOLERANCE)
    expect(measureError(rate.upper, upper)).toBeLessThanOrEqual(TOLERANCE)
  })

  test.for(groups.newcombe.cases)(
    'interval of the lift from $c1/$n1 to $c2/$n2',
    ({ n1, c1, n2, c2, lower, upper }) => {
      const lift = estimateLift(counts(c1, n1), counts(c2, n2))
      expect(measureError(lift.lower, lower)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureError(lift.upper, upper)).toBeLessThanOrEqual(TOLERANCE)
    },
  )

  test.for(groups.holm.cases)('Holm adjustment of $pValues', ({ pValues, adjusted }) => {
    const errors = adjustHolm(pValues).map((p, index) =>
      measureRelativeError(p, adjusted[index] ?? 0),
    )
    expect(errors).toHaveLength(adjusted.length)
    expect(Math.max(...errors)).toBeLessThanOrEqual(TOLERANCE)
  })

  test.for(groups.sampleRatio.cases)(
    'sample ratio of $assignments at weights $weights',
    ({ assignments, weights, chiSquare, degreesOfFreedom, pValue }) => {
      const variants = assignments.map((assigned, index) => ({
        name: `v${index}`,
        weight: weights[index] ?? 0,
        assignments: assigned,
        ...counts(0, 0),
      }))
      const result = checkSampleRatio(variants)
      expect(measureError(result.chiSquare, chiSquare)).toBeLessThanOrEqual(TOLERANCE)
      expect(result.degreesOfFreedom).toBe(degreesOfFreedom)
      expect(measureError(result.pValue, pValue)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureRelativeError(result.pValue, pValue)).toBeLessThanOrEqual(TAIL_TOLERANCE)
    },
  )

  test.for(groups.chiSquareTail.cases)(
    'chi-square tail beyond $statistic at $degreesOfFreedom degrees of freedom',
    ({ statistic, degreesOfFreedom, tail }) => {
      const actual = chiSquareUpperTail(statistic, degreesOfFreedom)
      expect(measureError(actual, tail)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureRelativeError(actual, tail)).toBeLessThanOrEqual(TAIL_TOLERANCE)
    },
  )

  test.for(groups.fixedSampleSize.cases)(
    'fixed sample size for $p1 against $p2',
    ({ p1, p2, alpha, power, perVariant }) => {
      const actual = fixedSampleSize(p1, p2, alpha, power)
      expect(measureError(actual, perVariant)).toBeLessThanOrEqual(TOLERANCE)
    },
  )

  test.for(groups.alwaysValidSampleSize.cases)(
    'always-valid sample size for $p1 against $p2',
    ({ p1, p2, alpha, power, perVariant }) => {
      const actual = alwaysValidSampleSize(p1, p2, alpha, power)
      expect(measureError(actual, perVariant)).toBeLessThanOrEqual(TOLERANCE)
    },
  )

  test.for(groups.confidenceSequence.cases)(
    'confidence sequence of $c1/$n1 against $c2/$n2 at alpha $alpha',
    ({ n1, c1, n2, c2, alpha, tuningUsers, value, lower, upper, pValue }) => {
      const lift = estimateAlwaysValidLift(counts(c1, n1), counts(c2, n2), { alpha, tuningUsers })
      expect(measureError(lift.value, value)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureError(lift.lower, lower)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureError(lift.upper, upper)).toBeLessThanOrEqual(TOLERANCE)
      expect(measureRelativeError(lift.pValue, pValue)).toBeLessThanOrEqual(TOLERANCE)
    },
  )
})

describe('Agreement with R over several phases', () => {
  test.for(groups.stratified.cases)(
    'z test, interval and confidence sequence of $phases.length phases',
    (expected) => {
      const strata = expected.phases.map(({ n1, c1, n2, c2 }) => ({
        control: counts(c1, n1),
        variant: counts(c2, n2),
      }))
      const zTest = testStrata(strata)
      const lift = estimateLiftOverStrata(strata)
      const sequence = estimateAlwaysValidLiftOverStrata(strata, expected)
      for (const [actual, value] of [
        [zTest.z, expected.z],
        [zTest.pValue, expected.pValue],
        [lift.value, expected.value],
        [lift.lower, expected.lower],
        [lift.upper, expected.upper],
        [sequence.value, expected.value],
        [sequence.lower, expected.sequenceLower],
        [sequence.upper, expected.sequenceUpper],
        [sequence.pValue, expected.sequencePValue],
      ] as const)
        expect(measureError(actual, value)).toBeLessThanOrEqual(TOLERANCE)
    },
  )
})

/* Newcombe 1998, table II, method 10: first − second, as printed there to four decimals. */
const published = [
  { c1: 56, n1: 70, c2: 48, n2: 80, lower: 0.0524, upper: 0.3339 },
  { c1: 9, n1: 10, c2: 3, n2: 10, lower: 0.1705, upper: 0.809 },
  { c1: 6, n1: 7, c2: 2, n2: 7, lower: 0.0582, upper: 0.8062 },
  { c1: 5, n1: 56, c2: 0, n2: 29, lower: -0.0381, upper: 0.1926 },
  { c1: 0, n1: 10, c2: 0, n2: 20, lower: -0.1611, upper: 0.2775 },
  { c1: 0, n1: 10, c2: 0, n2: 10, lower: -0.2775, upper: 0.2775 },
  { c1: 10, n1: 10, c2: 0, n2: 20, lower: 0.6791, upper: 1 },
  { c1: 10, n1: 10, c2: 0, n2: 10, lower: 0.6075, upper: 1 },
]

test.for(published)(
  "estimateLift: the interval of $c1/$n1 − $c2/$n2 equals Newcombe's table",
  ({ c1, n1, c2, n2, lower, upper }) => {
    const lift = estimateLift(counts(c2, n2), counts(c1, n1))
    expect(lift.lower).toBeCloseTo(lower, 4)
    expect(lift.upper).toBeCloseTo(upper, 4)
  },
)
