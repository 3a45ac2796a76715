import { describe, expect, test } from 'vitest'
import { analyze, MINIMUM_EXPECTED, type VariantCounts } from '../../../worker/analyze/index.ts'
import { checkSampleRatio } from '../../../worker/analyze/sample-ratio.ts'
import { testTwoProportions } from '../../../worker/analyze/z-test.ts'
import { counts, variant } from './support.ts'

const analyzeVerdict = (variants: VariantCounts[], options = {}) =>
  analyze(variants, options).verdict

const isSignificant = (first: number, second: number) =>
  testTwoProportions(counts(first, 2_000), counts(second, 2_000)).significant

const even = (assignments: number[], weights = [50, 50]): VariantCounts[] =>
  assignments.map((assigned, index) => ({
    ...variant(`v${index}`, 0, 0, weights[index] ?? 0),
    assignments: assigned,
  }))

describe('analyze: z test and lift', () => {
  test('gives a positive z when the first variant converts better', () => {
    const { zTest } = analyze([variant('A', 1_000, 120), variant('B', 1_000, 90)])
    expect(zTest.reason).toBeNull()
    expect(zTest.z).toBeCloseTo(2.18827, 5)
  })

  test('computes z from the first two variants and ignores the others', () => {
    const [a, b, c] = [variant('A', 900, 90), variant('B', 900, 99), variant('C', 900, 300)]
    expect(analyze([a, b, c]).zTest).toEqual(analyze([a, b]).zTest)
  })

  test('calls z significant only when |z| is above 1.96', () => {
    // 1,031 − 969 of 2,000 each: z = 62 / sqrt(1,000) = 1.9606; 1,030 − 970: 60 / sqrt(1,000) = 1.8974.
    expect(isSignificant(1_031, 969)).toBe(true)
    expect(isSignificant(1_030, 970)).toBe(false)
  })

  test('computes a lift as variant minus control', () => {
    const [comparison] = analyze([variant('A', 1_000, 100), variant('B', 1_000, 150)]).comparisons
    expect(comparison).toMatchObject({ control: 'A', variant: 'B' })
    expect(comparison?.lift.value).toBeCloseTo(0.05, 12)
    expect(comparison?.lift.relative).toBeCloseTo(0.5, 12)
  })

  test('compares every variant with the first and adjusts the p-values for each other', () => {
    const { comparisons } = analyze([
      variant('A', 5_000, 500),
      variant('B', 5_000, 570),
      variant('C', 5_000, 520),
    ])
    expect(comparisons.map(({ control, variant: name }) => `${control}${name}`)).toEqual([
      'AB',
      'AC',
    ])
    const [b, c] = comparisons
    expect(b?.holmPValue).toBe(2 * (b?.zTest.pValue ?? 0))
    expect(c?.holmPValue).toBe(c?.zTest.pValue)
  })
})

const significant = (variants: VariantCounts[]) =>
  analyze(variants).comparisons.map(({ zTest }) => zTest.significant)

test('analyze: calls a comparison significant only after the correction for several comparisons', () => {
  const [a, b, c] = [variant('A', 5_000, 500), variant('B', 5_000, 610), variant('C', 5_000, 510)]
  expect(significant([a, b])).toEqual([true])
  expect(significant([a, b, c])).toEqual([true, false])
  expect(analyze([a, b, c]).zTest.significant).toBe(true)
  expect(analyze([a, c, b]).zTest.significant).toBe(false)
})

describe('analyze: verdict', () => {
  test('names the variant that converts better', () => {
    expect(analyzeVerdict([variant('A', 9_000, 810), variant('B', 9_000, 1_020)])).toEqual({
      kind: 'better',
      control: 'A',
      variant: 'B',
    })
  })

  test('names the variant that converts worse', () => {
    expect(analyzeVerdict([variant('A', 9_000, 1_020), variant('B', 9_000, 810)])).toEqual({
      kind: 'worse',
      control: 'A',
      variant: 'B',
    })
  })

  test('ignores a z that is significant at a single look only', () => {
    const samples = [variant('A', 5_000, 500), variant('B', 5_000, 570)] as const
    expect(testTwoProportions(...samples).significant).toBe(true)
    const analysis = analyze(samples)
    expect(analysis.zTest.significant).toBe(false)
    expect(analysis.verdict).toEqual({ kind: 'no_detectable_difference' })
  })

  test('names the best variant when several beat the control', () => {
    const variants = [
      variant('A', 9_000, 800),
      variant('B', 9_000, 1_010),
      variant('C', 9_000, 1_100),
    ]
    expect(analyzeVerdict(variants)).toMatchObject({ kind: 'better', variant: 'C' })
  })

  test('names the worst variant when every variant loses', () => {
    const variants = [
      variant('A', 9_000, 1_100),
      variant('B', 9_000, 800),
      variant('C', 9_000, 900),
    ]
    expect(analyzeVerdict(variants)).toMatchObject({ kind: 'worse', variant: 'B' })
  })

  test('calls a variant worse when nobody converts in it', () => {
    expect(analyzeVerdict([variant('A', 2_000, 200), variant('B', 2_000, 0)])).toMatchObject({
      kind: 'worse',
      variant: 'B',
    })
  })

  test('waits for the minimum number of conversions even when the difference is large', () => {
    const half = MINIMUM_EXPECTED / 2
    const below = [variant('A', 500, 0), variant('B', 500, 4 * half - 1)]
    const reached = [variant('A', 500, 0), variant('B', 500, 4 * half)]
    expect(analyzeVerdict(below)).toEqual({ kind: 'not_enough_data', reason: 'below_minimum' })
    expect(analyzeVerdict(reached)).toMatchObject({ kind: 'better' })
  })

  test('waits for the minimum of the rarer outcome, conversion or not', () => {
    expect(analyzeVerdict([variant('A', 500, 500), variant('B', 500, 401)])).toEqual({
      kind: 'not_enough_data',
      reason: 'below_minimum',
    })
  })

  test('waits until both variants reach the planned sample', () => {
    const options = { plannedSamplePerVariant: 9_001 }
    const variants = [variant('A', 9_100, 810), variant('B', 9_000, 1_020)]
    const analysis = analyze(variants, options)
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'below_plan' })
    expect(analysis.progress).toMatchObject({ planned: 9_001, smallest: 9_000, reached: false })
    expect(analysis.progress.fraction).toBeCloseTo(9_000 / 9_001, 12)
    expect(
      analyzeVerdict([variant('A', 9_100, 810), variant('B', 9_001, 1_020)], options),
    ).toMatchObject({
      kind: 'better',
    })
  })

  test('waits for a slow variant before it says "no difference"', () => {
    const slow = [variant('A', 9_000, 900), variant('B', 9_000, 905), variant('C', 9, 1, 0)]
    expect(analyzeVerdict(slow, { weightsChanged: true })).toEqual({
      kind: 'no_detectable_difference',
    })
    const gettingUsers = slow.map((entry) => ({ ...entry, weight: 1 }))
    expect(analyzeVerdict(gettingUsers, { weightsChanged: true })).toEqual({
      kind: 'not_enough_data',
      reason: 'below_minimum',
    })
  })

  test('reports a clear difference although another variant is slow', () => {
    const variants = [variant('A', 9_000, 810), variant('B', 9_000, 1_020), variant('C', 9, 1)]
    expect(analyzeVerdict(variants, { weightsChanged: true })).toMatchObject({ kind: 'better' })
  })
})

describe('analyze: progress', () => {
  test('reports "no_plan" and the smallest variant when there is no plan', () => {
    const variants = [variant('A', 80, 1), variant('B', 70, 1), variant('C', 5, 0, 0)]
    expect(analyze(variants).progress).toEqual({
      planned: null,
      smallest: 70,
      fraction: null,
      reached: null,
      reason: 'no_plan',
    })
  })

  test('limits the fraction to 1 when the sample is larger than planned', () => {
    const options = { plannedSamplePerVariant: 10 }
    expect(analyze([variant('A', 80, 1), variant('B', 70, 1)], options).progress).toMatchObject({
      fraction: 1,
      reached: true,
    })
  })

  test.for([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, null])(
    'treats a planned sample of %s as no plan',
    (plannedSamplePerVariant) => {
      const variants = [variant('A', 80, 1), variant('B', 70, 1)]
      expect(analyze(variants, { plannedSamplePerVariant })).toEqual(analyze(variants))
    },
  )
})

describe('checkSampleRatio', () => {
  test('reports a mismatch below p = 0.001 and not above', () => {
    expect(checkSampleRatio(even([4_835, 5_165]))).toMatchObject({ status: 'mismatch' })
    expect(checkSampleRatio(even([4_836, 5_164]))).toMatchObject({ status: 'balanced' })
  })

  test('withholds every verdict at a mismatch and keeps every number', () => {
    const variants = [variant('A', 9_000, 810), variant('B', 8_000, 1_020)]
    const analysis = analyze(variants)
    expect(analysis.verdict).toEqual({ kind: 'sample_ratio_mismatch' })
    expect(analysis.comparisons[0]?.verdict).toEqual({ kind: 'sample_ratio_mismatch' })
    expect(analysis.comparisons[0]?.alwaysValidLift.value).not.toBeNull()
  })

  test('reports a mismatch when a variant of weight 0 has users', () => {
    expect(checkSampleRatio(even([5_000, 5_000, 1], [50, 50, 0]))).toMatchObject({
      status: 'mismatch',
      reason: 'assignments_without_weight',
    })
  })

  test('ignores a variant of weight 0 without users', () => {
    expect(checkSampleRatio(even([5_000, 5_000, 0], [50, 50, 0]))).toEqual(
      checkSampleRatio(even([5_000, 5_000])),
    )
  })

  test('reports "weights_changed" when the weights were edited', () => {
    expect(checkSampleRatio(even([9_000, 1_000]), true)).toMatchObject({
      status: 'unknown',
      reason: 'weights_changed',
    })
  })

  test('reports "too_few_assignments" while a variant expects fewer than five users', () => {
    expect(checkSampleRatio(even([9, 0]))).toMatchObject({ reason: 'too_few_assignments' })
    expect(checkSampleRatio(even([10, 0]))).toMatchObject({ reason: null })
  })

  test('needs two variants with a weight above 0', () => {
    expect(checkSampleRatio(even([900, 0], [100, 0]))).toMatchObject({
      status: 'unknown',
      reason: 'fewer_than_two_weighted',
    })
  })
})

describe('analyze: degenerate input', () => {
  test('reports "fewer_than_two_variants" when there are no variants', () => {
    expect(analyze([])).toMatchObject({
      rates: [],
      comparisons: [],
      zTest: { z: null, significant: false, reason: 'no_users' },
      verdict: { kind: 'invalid_data', reason: 'fewer_than_two_variants' },
    })
  })

  test('gives reasons instead of numbers when there are no users', () => {
    const analysis = analyze([variant('A', 0, 0), variant('B', 0, 0)])
    expect(analysis.rates[0]?.rate).toEqual({
      value: null,
      lower: null,
      upper: null,
      reason: 'no_users',
    })
    expect(analysis.comparisons[0]).toMatchObject({
      zTest: { z: null, pValue: null, reason: 'no_users' },
      holmPValue: null,
      lift: { value: null, reason: 'no_users' },
      alwaysValidLift: { value: null, reason: 'no_users' },
    })
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'no_users' })
  })

  test('still gives a rate for a variant when the other one is empty', () => {
    const { rates, zTest } = analyze([variant('A', 100, 10), variant('B', 0, 0)])
    expect(rates.map(({ rate }) => rate.value)).toEqual([0.1, null])
    expect(zTest.reason).toBe('no_users')
  })

  test.for([0, 100])('gives no z when %i of 100 users convert in every variant', (conversions) => {
    const analysis = analyze([variant('A', 100, conversions), variant('B', 100, conversions)])
    expect(analysis.zTest).toMatchObject({ z: null, reason: 'no_variation' })
    expect(analysis.comparisons[0]).toMatchObject({
      lift: { value: 0, reason: null },
      alwaysValidLift: { value: null, reason: 'no_variation' },
    })
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'no_variation' })
  })

  test('gives a z but no always-valid interval when 0 % and 100 % convert', () => {
    const analysis = analyze([variant('A', 100, 0), variant('B', 100, 100)])
    expect(analysis.zTest.z).toBeCloseTo(-Math.sqrt(200), 9)
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'no_variation' })
  })

  test('gives a relative lift of null when the control rate is 0', () => {
    const [comparison] = analyze([variant('A', 100, 0), variant('B', 100, 10)]).comparisons
    expect(comparison?.lift).toMatchObject({ value: 0.1, relative: null, reason: null })
  })

  test.for([
    { exposedUsers: 100, conversions: 101 },
    { exposedUsers: -1, conversions: 0 },
    { exposedUsers: 100, conversions: 1.5 },
    { exposedUsers: Number.NaN, conversions: 0 },
    { exposedUsers: Number.POSITIVE_INFINITY, conversions: 0 },
  ])('reports "invalid_counts" for $conversions conversions of $exposedUsers users', (broken) => {
    const analysis = analyze([{ ...variant('A', 9_000, 900), ...broken }, variant('B', 9_000, 1)])
    expect(analysis.rates[0]?.rate.reason).toBe('invalid_counts')
    expect(analysis.rates[1]?.rate.reason).toBeNull()
    expect(analysis.zTest.reason).toBe('invalid_counts')
    expect(analysis.verdict).toEqual({ kind: 'invalid_data', reason: 'invalid_counts' })
  })
})

describe('analyze: significance', () => {
  const variants = [
    { name: 'A', weight: 1, assignments: 1_000, exposedUsers: 1_000, conversions: 100 },
    { name: 'B', weight: 1, assignments: 1_000, exposedUsers: 1_000, conversions: 160 },
  ]

  test('claims no significance before the planned sample is complete', () => {
    const { zTest, comparisons } = analyze(variants, { plannedSamplePerVariant: 1_001 })
    expect(zTest).toMatchObject({ significant: false, reason: null })
    expect(comparisons[0]?.zTest.significant).toBe(false)
    expect(analyze(variants, { plannedSamplePerVariant: 1_000 }).zTest.significant).toBe(true)
  })

  test('claims no significance at a sample ratio mismatch', () => {
    const [first, second] = variants
    const skewed = [{ ...first, assignments: 1_400 }, second] as typeof variants
    expect(analyze(skewed)).toMatchObject({
      zTest: { significant: false },
      verdict: { kind: 'sample_ratio_mismatch' },
    })
  })
})
