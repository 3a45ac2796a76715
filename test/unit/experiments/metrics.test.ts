import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Plan, type Experiment } from '../../../schema/experiment.ts'
import { Metrics } from '../../../schema/metrics.ts'
import { computeSampleSize } from '../../../worker/analyze/index.ts'
import { computeMetrics } from '../../../worker/experiments/metrics.ts'
import type { DayCounts } from '../../../worker/experiments/day-counts.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'
import { numbersWithin } from '../analyze/support.ts'
import { ALWAYS, countDay, toDayNumber } from './support.ts'

const AT = '2026-06-01T00:00:00.000Z'
const FIRST_DAY = toDayNumber('2026-06-01')

const anExperiment = (over: Partial<Experiment> = {}): Experiment =>
  experimentWith({ status: 'RUNNING', startAt: AT, launchedAt: AT, ...over })

const count = (day: number, variant: string, users: number, conversions = 0) =>
  countDay(FIRST_DAY + day, variant, users, conversions)

const computeResults = (experiment: Experiment, days: readonly DayCounts[]) =>
  computeMetrics(experiment, days, ALWAYS, new Date('2026-07-01'))

const aPlan = (over: Partial<Plan> = {}): Plan => ({
  baselineRate: 0.1,
  minimumDetectableEffect: 0.2,
  power: 0.8,
  alpha: 0.05,
  ...over,
})

describe('computeMetrics: totals', () => {
  const days = [
    count(0, 'A', 10, 2),
    count(0, 'B', 12, 3),
    count(1, 'B', 5, 1),
    count(3, 'A', 7, 0),
  ]

  it('sums the days per variant, in the order of the variants', () => {
    expect(computeResults(anExperiment(), days).variants).toEqual([
      {
        name: 'A',
        weight: 50,
        assignments: 17,
        exposures: 17,
        exposedUsers: 17,
        conversions: 2,
        clicks: 0,
      },
      {
        name: 'B',
        weight: 50,
        assignments: 17,
        exposures: 17,
        exposedUsers: 17,
        conversions: 4,
        clicks: 0,
      },
    ])
  })

  it('lists the days with their dates', () => {
    expect(
      computeResults(anExperiment(), days).days.map(({ day, variant, assignments }) => [
        day,
        variant,
        assignments,
      ]),
    ).toEqual([
      ['2026-06-01', 'A', 10],
      ['2026-06-01', 'B', 12],
      ['2026-06-02', 'B', 5],
      ['2026-06-04', 'A', 7],
    ])
  })

  it('returns zeros for a variant without users', () => {
    expect(computeResults(anExperiment(), [count(0, 'A', 3)]).variants[1]).toMatchObject({
      name: 'B',
      assignments: 0,
      exposedUsers: 0,
    })
  })

  it('lists a removed variant that users still have, with weight 0', () => {
    const { variants } = computeResults(anExperiment(), [count(0, 'A', 3), count(1, 'gone', 2, 1)])
    expect(variants.map(({ name, weight, exposedUsers }) => [name, weight, exposedUsers])).toEqual([
      ['A', 50, 3],
      ['B', 50, 0],
      ['gone', 0, 2],
    ])
  })
})

describe('computeMetrics: confidence sequence', () => {
  it('returns one look per day with counts, and the last look equals the analysis', () => {
    const days = [
      count(0, 'A', 400, 40),
      count(0, 'B', 400, 50),
      count(2, 'A', 400, 41),
      count(2, 'B', 400, 52),
    ]
    const { sequences, analysis } = computeResults(anExperiment(), days)
    expect(sequences.map(({ variant, looks }) => [variant, looks.map(({ day }) => day)])).toEqual([
      ['B', ['2026-06-08', '2026-06-10']],
    ])
    expect(sequences[0]?.looks.at(-1)?.lift).toEqual(analysis.comparisons[0]?.alwaysValidLift)
  })

  it('returns for a past day the lift of that day', () => {
    const days = [
      count(0, 'A', 400, 40),
      count(0, 'B', 400, 50),
      count(1, 'A', 300, 20),
      count(1, 'B', 300, 60),
    ]
    const [sequence] = computeResults(anExperiment(), days).sequences
    const [early] = computeResults(anExperiment(), days.slice(0, 2)).sequences
    expect(sequence?.looks[0]).toEqual(early?.looks[0])
  })
})

describe('computeMetrics: plan', () => {
  const planned = computeSampleSize({
    baselineRate: 0.1,
    minimumRelativeLift: 0.2,
    power: 0.8,
    alpha: 0.05,
    variantCount: 2,
  }).alwaysValidPerVariant

  it('derives the planned sample from the plan', () => {
    expect(planned).toBeGreaterThan(1_000)
    expect(computeResults(anExperiment({ plan: aPlan() }), []).analysis.progress).toEqual({
      planned,
      smallest: 0,
      fraction: 0,
      reached: false,
      reason: null,
    })
  })

  it('claims nothing before the planned sample is complete', () => {
    const days = [count(0, 'A', 900, 90), count(0, 'B', 900, 300)]
    const { analysis } = computeResults(anExperiment({ plan: aPlan() }), days)
    expect(analysis.zTest.z).toBeLessThan(-1.96)
    expect(analysis.zTest.significant).toBe(false)
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'below_plan' })
    expect(computeResults(anExperiment(), days).analysis).toMatchObject({
      zTest: { significant: true },
      verdict: { kind: 'unplanned_better', variant: 'B' },
    })
  })

  it('gives a verdict once the planned sample is complete', () => {
    const users = planned ?? 0
    const days = [
      count(0, 'A', users, Math.round(users * 0.1)),
      count(0, 'B', users, Math.round(users * 0.15)),
    ]
    expect(computeResults(anExperiment({ plan: aPlan() }), days).analysis).toMatchObject({
      progress: { reached: true, fraction: 1 },
      zTest: { significant: true },
      verdict: { kind: 'better', control: 'A', variant: 'B' },
    })
  })

  it('uses the alpha of the plan', () => {
    const days = [count(0, 'A', 40_000, 4_000), count(0, 'B', 40_000, 4_310)]
    const judgeAt = (alpha: number) => {
      const { analysis, sequences } = computeResults(anExperiment({ plan: aPlan({ alpha }) }), days)
      const [comparison] = analysis.comparisons
      expect(sequences[0]?.looks.at(-1)?.lift).toEqual(comparison?.alwaysValidLift)
      return [analysis.alpha, analysis.progress.reached, analysis.verdict.kind]
    }
    expect(judgeAt(0.05)).toEqual([0.05, true, 'better'])
    expect(judgeAt(0.001)).toEqual([0.001, true, 'no_detectable_difference'])
  })

  it('uses an alpha of 5 % without a plan', () => {
    const { analysis } = computeResults(anExperiment(), [
      count(0, 'A', 900, 90),
      count(0, 'B', 900, 99),
    ])
    expect(analysis.alpha).toBe(0.05)
  })

  it('finds a planned sample for every plan that the schema accepts', () => {
    const positive = fc
      .tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: -12, max: -3 }))
      .map(([digits, exponent]) => digits * 10 ** exponent)
    const shareOrAlmost = fc.oneof(positive, fc.constantFrom(0.5, 0.9, 0.9999, 1 - 1e-12))
    const anyPlan = fc
      .record({
        baselineRate: shareOrAlmost,
        minimumDetectableEffect: positive,
        power: shareOrAlmost,
        alpha: shareOrAlmost,
      })
      .map((plan) => Plan.safeParse(plan).data)
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 2, max: 20 }), (plan, length) => {
        fc.pre(plan !== undefined)
        const variants = Array.from({ length }, (_, index) => ({
          name: `v${index}`,
          weight: 1,
        }))
        const { progress } = computeResults(anExperiment({ plan, variants }), []).analysis
        expect(progress.planned).toBeGreaterThan(0)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    { baselineRate: 1e-6, minimumDetectableEffect: 0.001, power: 0.9999, alpha: 1e-6 },
    { baselineRate: 0.999, minimumDetectableEffect: 0.001, power: 0.5, alpha: 0.5 },
    { baselineRate: 0.09, minimumDetectableEffect: 10, power: 0.5, alpha: 1e-6 },
  ])('finds a planned sample at the limits of the schema: %j', (plan) => {
    const { progress } = computeResults(anExperiment({ plan: Plan.parse(plan) }), []).analysis
    expect(progress.planned).toBeGreaterThan(0)
  })
})

describe('computeMetrics: sample ratio', () => {
  const skewed = [count(0, 'A', 5_000, 500), count(0, 'B', 6_000, 900)]

  it('withholds the verdict and every significance at a mismatch', () => {
    const { analysis } = computeResults(anExperiment(), skewed)
    expect(analysis.sampleRatio.status).toBe('mismatch')
    expect(analysis.verdict).toEqual({ kind: 'sample_ratio_mismatch' })
    expect(analysis.zTest.significant).toBe(false)
    for (const { verdict, zTest } of analysis.comparisons) {
      expect(verdict).toEqual({ kind: 'sample_ratio_mismatch' })
      expect(zTest.significant).toBe(false)
    }
  })

  it('reports "weights_changed" when the phases are unknown and the weights changed', () => {
    const { analysis } = computeResults(anExperiment({ reweightedAt: AT }), skewed)
    expect(analysis.sampleRatio).toMatchObject({ status: 'unknown', reason: 'weights_changed' })
    expect(analysis.verdict.kind).not.toBe('sample_ratio_mismatch')
  })
})

describe('computeMetrics: schema', () => {
  it('returns nulls with reasons when there are no rows', () => {
    const metrics = computeResults(anExperiment(), [])
    expect(Metrics.parse(metrics)).toEqual(metrics)
    expect(metrics.analysis).toMatchObject({
      rates: [
        { variant: 'A', rate: { value: null, reason: 'no_users' } },
        { variant: 'B', rate: { value: null, reason: 'no_users' } },
      ],
      zTest: { z: null, pValue: null, significant: false, reason: 'no_users' },
      comparisons: [{ alwaysValidLift: { value: null, reason: 'no_users' } }],
      sampleRatio: { status: 'unknown', reason: 'too_few_assignments' },
      progress: { planned: null, reason: 'no_plan' },
      verdict: { kind: 'not_enough_data', reason: 'no_users' },
    })
    expect(metrics.sequences).toEqual([])
  })

  const someDays = fc.uniqueArray(
    fc.record({
      day: fc.integer({ min: 0, max: 20 }),
      variant: fc.constantFrom('A', 'B', 'C', 'gone'),
      assignments: fc.nat(20_000),
      exposures: fc.nat(100_000),
      exposedUsers: fc.oneof(fc.constant(0), fc.nat(20_000)),
      conversions: fc.oneof(fc.constant(0), fc.constant(1), fc.nat(20_000)),
      clicks: fc.nat(50_000),
    }),
    { selector: ({ day, variant }) => `${day} ${variant}` },
  )
  const anyExperiment = fc
    .record({
      plan: fc.constantFrom(null, aPlan(), aPlan({ baselineRate: 0.9, power: 0.5 })),
      reweightedAt: fc.constantFrom(null, AT),
      weights: fc.array(fc.nat(3), { minLength: 2, maxLength: 3 }),
    })
    .filter(({ weights }) => weights.some((weight) => weight > 0))
    .map(({ weights, ...over }) =>
      anExperiment({
        ...over,
        variants: weights.map((weight, index) => ({ name: 'ABC'.charAt(index), weight })),
      }),
    )

  it('returns a valid document with finite numbers for any counts', () => {
    fc.assert(
      fc.property(anyExperiment, someDays, (experiment, counts) => {
        const days = counts
          .map((row) => ({ ...row, day: FIRST_DAY + row.day }))
          .toSorted((a, b) => a.day - b.day || (a.variant < b.variant ? -1 : 1))
        const metrics = computeResults(experiment, days)
        expect(Metrics.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics)
        expect(numbersWithin(metrics).every(Number.isFinite)).toBe(true)
      }),
    )
  })
})
