import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  alwaysValidCriticalValue,
  estimateAlwaysValidLift,
  chooseSequenceSettings,
} from '../../../worker/analyze/always-valid.ts'
import { analyze } from '../../../worker/analyze/analyze.ts'
import { adjustHolm } from '../../../worker/analyze/holm.ts'
import type { Counts, VariantCounts } from '../../../worker/analyze/index.ts'
import { estimateLift } from '../../../worker/analyze/lift.ts'
import { ALPHA, criticalValue } from '../../../worker/analyze/normal.ts'
import { estimateRate } from '../../../worker/analyze/rate.ts'
import { checkSampleRatio } from '../../../worker/analyze/sample-ratio.ts'
import { computeSampleSize } from '../../../worker/analyze/sample-size.ts'
import { testTwoProportions } from '../../../worker/analyze/z-test.ts'
import { counts, numbersWithin } from './support.ts'

/** The first input for which a property does not hold; null when it held for a thousand. Seeded: no luck involved. */
const counterexampleTo = <Input>(property: fc.IRawProperty<Input, false>) =>
  fc.check(property, { seed: 20_260_101, numRuns: 1_000 }).counterexample

/** Small, everyday and huge counts, each as likely. */
const count = fc.oneof(fc.nat(10), fc.nat(100_000), fc.maxSafeNat())

const anyNumber = fc.oneof(count, fc.integer(), fc.double())
const probability = fc.double({ min: 0, max: 1, noNaN: true })

const sampleUpTo = (max: number): fc.Arbitrary<Counts> =>
  fc
    .tuple(fc.integer({ min: 1, max }), probability)
    .map(([users, share]) => counts(Math.round(users * share), users))

/** A sample with users, of any size that a service could have. */
const sample = sampleUpTo(1_000_000_000)

const anyVariants = (number: fc.Arbitrary<number>): fc.Arbitrary<VariantCounts[]> =>
  fc.array(
    fc.record({
      name: fc.string(),
      weight: number,
      assignments: number,
      exposedUsers: number,
      conversions: number,
    }),
    { maxLength: 20 },
  )

const settings = chooseSequenceSettings(2, null)

type Interval = { readonly lower: number; readonly upper: number }

const isClose = (actual: number, expected: number) =>
  Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected))

/** Whether what holds of two results holds, or there are none and the reasons are the same. */
const bothOrNeither = <Result extends { readonly reason: string | null }>(
  one: Result,
  other: Result,
  holds: (
    one: Extract<Result, { reason: null }>,
    other: Extract<Result, { reason: null }>,
  ) => boolean,
) =>
  one.reason === null && other.reason === null
    ? holds(one as Extract<Result, { reason: null }>, other as Extract<Result, { reason: null }>)
    : one.reason === other.reason

const isWithinBounds = (value: number, { lower, upper }: Interval, least: number) =>
  least <= lower && lower <= value && value <= upper && upper <= 1

const isNoWider = (one: Interval, other: Interval) =>
  one.upper - one.lower <= other.upper - other.lower + 1e-12

const multiply = ({ conversions, exposedUsers }: Counts, by: number) =>
  counts(conversions * by, exposedUsers * by)

const isMirrored = (one: Interval, other: Interval) =>
  isClose(one.lower, -other.upper) && isClose(one.upper, -other.lower)

const survivesJson = (variants: VariantCounts[], plannedSamplePerVariant: number) => {
  const analysis = analyze(variants, { plannedSamplePerVariant })
  const text = JSON.stringify(analysis)
  return numbersWithin(analysis).every(Number.isFinite) && JSON.stringify(JSON.parse(text)) === text
}

describe('analyze', () => {
  test('returns finite numbers that survive JSON for any whole counts', () => {
    expect(counterexampleTo(fc.property(anyVariants(count), count, survivesJson))).toBeNull()
  })

  test('returns finite numbers that survive JSON for any numbers at all', () => {
    const property = fc.property(anyVariants(anyNumber), fc.double(), survivesJson)
    expect(counterexampleTo(property)).toBeNull()
  })

  test('gives either a number or a reason', () => {
    const property = fc.property(anyVariants(count), (variants) => {
      const { rates, zTest, comparisons, sampleRatio } = analyze(variants)
      const pairs: [number | null, string | null][] = [
        [zTest.z, zTest.reason],
        [sampleRatio.pValue, sampleRatio.reason],
        ...rates.map(({ rate }): [number | null, string | null] => [rate.value, rate.reason]),
        ...comparisons.flatMap((comparison): [number | null, string | null][] => [
          [comparison.zTest.pValue, comparison.zTest.reason],
          [comparison.holmPValue, comparison.zTest.reason],
          [comparison.lift.value, comparison.lift.reason],
          [comparison.alwaysValidLift.pValue, comparison.alwaysValidLift.reason],
        ]),
      ]
      return pairs.every(([number, reason]) => (number === null) !== (reason === null))
    })
    expect(counterexampleTo(property)).toBeNull()
  })
})

describe('Swapping two variants', () => {
  test('flips the sign of z and keeps the p-value', () => {
    const property = fc.property(sample, sample, (a, b) =>
      bothOrNeither(
        testTwoProportions(a, b),
        testTwoProportions(b, a),
        (there, back) => isClose(back.z, -there.z) && isClose(back.pValue, there.pValue),
      ),
    )
    expect(counterexampleTo(property)).toBeNull()
  })

  test('flips the lift and its interval', () => {
    const property = fc.property(sample, sample, (a, b) =>
      bothOrNeither(
        estimateLift(a, b),
        estimateLift(b, a),
        (there, back) => isClose(back.value, -there.value) && isMirrored(back, there),
      ),
    )
    expect(counterexampleTo(property)).toBeNull()
  })

  test('flips the always-valid lift and its interval, and keeps its p-value', () => {
    const property = fc.property(sample, sample, (a, b) =>
      bothOrNeither(
        estimateAlwaysValidLift(a, b, settings),
        estimateAlwaysValidLift(b, a, settings),
        (there, back) => isMirrored(back, there) && isClose(back.pValue, there.pValue),
      ),
    )
    expect(counterexampleTo(property)).toBeNull()
  })
})

test('z and lift have opposite signs: z is first − second, lift is variant − control', () => {
  const property = fc.property(sample, sample, (a, b) => {
    const [{ z }, { value }] = [testTwoProportions(a, b), estimateLift(a, b)]
    return z === null || Math.sign(z) === -Math.sign(value ?? Number.NaN)
  })
  expect(counterexampleTo(property)).toBeNull()
})

describe('Intervals', () => {
  test('a rate interval contains the rate and lies in [0, 1]', () => {
    const property = fc.property(sample, (a) => {
      const rate = estimateRate(a)
      return rate.reason === null && isWithinBounds(rate.value, rate, 0)
    })
    expect(counterexampleTo(property)).toBeNull()
  })

  test('a lift interval contains the lift and lies in [−1, 1]', () => {
    const property = fc.property(sample, sample, (a, b) => {
      const lift = estimateLift(a, b)
      return lift.reason === null && isWithinBounds(lift.value, lift, -1)
    })
    expect(counterexampleTo(property)).toBeNull()
  })

  test('an always-valid interval contains the lift and lies in [−1, 1]', () => {
    const property = fc.property(sample, sample, (a, b) => {
      const lift = estimateAlwaysValidLift(a, b, settings)
      return lift.reason !== null || isWithinBounds(lift.value, lift, -1)
    })
    expect(counterexampleTo(property)).toBeNull()
  })

  test('an interval does not widen when the same rates come from more users', () => {
    const small = sampleUpTo(10_000)
    const times = fc.integer({ min: 2, max: 1_000 })
    const property = fc.property(small, small, times, (a, b, by) => {
      const [moreA, moreB] = [multiply(a, by), multiply(b, by)]
      return (
        bothOrNeither(estimateRate(moreA), estimateRate(a), isNoWider) &&
        bothOrNeither(estimateLift(moreA, moreB), estimateLift(a, b), isNoWider) &&
        bothOrNeither(
          estimateAlwaysValidLift(moreA, moreB, settings),
          estimateAlwaysValidLift(a, b, settings),
          isNoWider,
        )
      )
    })
    expect(counterexampleTo(property)).toBeNull()
  })

  test('an always-valid interval is wider than an interval for a single look', () => {
    const information = fc.double({ min: 1e-6, max: 1e12, noNaN: true })
    const alpha = fc.double({ min: 1e-6, max: 0.5, noNaN: true })
    const property = fc.property(
      information,
      alpha,
      (at, level) => alwaysValidCriticalValue(at, level) > criticalValue(level),
    )
    expect(counterexampleTo(property)).toBeNull()
  })

  test('an always-valid interval does not narrow when there are more comparisons', () => {
    const property = fc.property(sample, sample, fc.integer({ min: 3, max: 20 }), (a, b, many) =>
      bothOrNeither(
        estimateAlwaysValidLift(a, b, settings),
        estimateAlwaysValidLift(a, b, {
          ...settings,
          alpha: chooseSequenceSettings(many, null).alpha,
        }),
        isNoWider,
      ),
    )
    expect(counterexampleTo(property)).toBeNull()
  })

  test('an always-valid interval excludes 0 exactly when its p-value is below alpha', () => {
    const property = fc.property(sampleUpTo(10_000), sampleUpTo(10_000), (a, b) => {
      const lift = estimateAlwaysValidLift(a, b, settings)
      if (lift.reason !== null || isClose(lift.pValue, ALPHA)) return true
      return (lift.lower > 0 || lift.upper < 0) === lift.pValue < ALPHA
    })
    expect(counterexampleTo(property)).toBeNull()
  })
})

describe('adjustHolm', () => {
  const pValues = fc.array(probability, { maxLength: 19 })

  test('returns p-values between the raw p-value and 1', () => {
    const property = fc.property(pValues, (raw) =>
      adjustHolm(raw).every((p, index) => p !== null && p >= (raw[index] ?? 0) && p <= 1),
    )
    expect(counterexampleTo(property)).toBeNull()
  })

  test('keeps the order of the raw p-values', () => {
    const property = fc.property(pValues, (raw) => {
      const adjusted = adjustHolm(raw)
      return raw.every((p, i) =>
        raw.every((q, j) => p > q || (adjusted[i] ?? 0) <= (adjusted[j] ?? 0)),
      )
    })
    expect(counterexampleTo(property)).toBeNull()
  })

  test('counts a comparison without a p-value as one of the comparisons', () => {
    expect(adjustHolm([0.01, null, 0.03])).toEqual([0.03, null, 0.06])
  })
})

test('checkSampleRatio: the result depends neither on the scale of the weights nor on the order of the variants', () => {
  const cell = fc.record({ weight: fc.integer({ min: 1, max: 100 }), assignments: fc.nat(1e6) })
  const cells = fc.array(cell, { minLength: 2, maxLength: 20 })
  const property = fc.property(cells, (entries) => {
    const named = entries.map((entry) => ({ name: '', ...counts(0, 0), ...entry }))
    const scaled = named.map((entry) => ({ ...entry, weight: entry.weight * 100 })).toReversed()
    const [one, other] = [checkSampleRatio(named), checkSampleRatio(scaled)]
    if (one.reason !== null || other.reason !== null) return one.reason === other.reason
    return isClose(one.chiSquare, other.chiSquare) && isClose(one.pValue, other.pValue)
  })
  expect(counterexampleTo(property)).toBeNull()
})

test('computeSampleSize: a larger lift needs no more users, more power needs no fewer', () => {
  const rate = fc.double({ min: 0.001, max: 0.2, noNaN: true })
  const lift = fc.double({ min: 0.01, max: 0.5, noNaN: true })
  const property = fc.property(rate, lift, (baselineRate, minimumRelativeLift) => {
    const question = { baselineRate, minimumRelativeLift }
    const size = computeSampleSize(question)
    const larger = computeSampleSize({ baselineRate, minimumRelativeLift: 2 * minimumRelativeLift })
    const surer = computeSampleSize({ ...question, power: 0.9 })
    if (size.reason !== null || larger.reason !== null || surer.reason !== null) return false
    return (['fixedPerVariant', 'alwaysValidPerVariant'] as const).every(
      (kind) =>
        Number.isSafeInteger(size[kind]) && larger[kind] <= size[kind] && surer[kind] >= size[kind],
    )
  })
  expect(counterexampleTo(property)).toBeNull()
})
