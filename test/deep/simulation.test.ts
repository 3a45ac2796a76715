import { describe, expect, test } from 'vitest'
import {
  estimateAlwaysValidLift,
  analyze,
  computeConfidenceSequences,
  computeSampleSize,
  chooseSequenceSettings,
  type Counts,
  type VariantCounts,
} from '../../worker/analyze/index.ts'
import { testTwoProportions } from '../../worker/analyze/z-test.ts'
import { counts, drawConversions, randomNumbers, variant } from '../unit/analyze/support.ts'

type Design = {
  readonly experiments: number
  readonly looks: number
  /** The true conversion rate of each variant, and the users that it gets between two looks. */
  readonly rates: readonly number[]
  readonly usersPerLook: readonly number[]
  readonly seed: number
}

/** The share of simulated experiments in which `happens` at one look at least; each look sees cumulative counts. */
const shareOfExperiments = (
  { experiments, looks, rates, usersPerLook, seed }: Design,
  happens: (samples: readonly Counts[]) => boolean,
) => {
  const random = randomNumbers(seed)
  let count = 0
  for (let experiment = 0; experiment < experiments; experiment += 1) {
    let samples: readonly Counts[] = rates.map(() => counts(0, 0))
    let happened = false
    for (let look = 0; look < looks; look += 1) {
      samples = samples.map(({ exposedUsers, conversions }, index) => {
        const users = usersPerLook[index] ?? 0
        const more = drawConversions(random, users, rates[index] ?? 0)
        return counts(conversions + more, exposedUsers + users)
      })
      happened ||= happens(samples)
    }
    if (happened) count += 1
  }
  return count / experiments
}

const settings = chooseSequenceSettings(2, null)
const firstTwo = ([first, second]: readonly Counts[]) =>
  [first ?? counts(0, 0), second ?? counts(0, 0)] as const

const excludes = (lift: number) => (samples: readonly Counts[]) => {
  const interval = estimateAlwaysValidLift(...firstTwo(samples), settings)
  return interval.reason === null && (interval.lower > lift || interval.upper < lift)
}

const isSignificant = (samples: readonly Counts[]) =>
  testTwoProportions(...firstTwo(samples)).significant

const toVariants = (samples: readonly Counts[]): VariantCounts[] =>
  samples.map(({ exposedUsers, conversions }, index) =>
    variant(`v${index}`, exposedUsers, conversions, 1),
  )

const concludes = (samples: readonly Counts[]) => {
  // The split is the design's own: the sample ratio is not what is tested here.
  const { kind } = analyze(toVariants(samples), { weightsChanged: true }).verdict
  return kind === 'better' || kind === 'worse'
}

describe('2,000 A/A experiments with 100 looks each', () => {
  const design = { experiments: 2_000, looks: 100, rates: [0.1, 0.1], usersPerLook: [100, 100] }

  test('the confidence sequence raises a false alarm in at most 5 %', () => {
    expect(shareOfExperiments({ ...design, seed: 1 }, excludes(0))).toBeLessThanOrEqual(0.05)
  })

  test('a z test at every look raises a false alarm in more than 30 %', () => {
    expect(shareOfExperiments({ ...design, seed: 1 }, isSignificant)).toBeGreaterThan(0.3)
  })
})

test('The confidence sequence covers a real lift at all 100 looks at once in at least 95 %', () => {
  const design = { looks: 100, rates: [0.1, 0.13], usersPerLook: [50, 50], seed: 2 }
  const missed = shareOfExperiments({ experiments: 1_000, ...design }, excludes(0.03))
  expect(missed).toBeLessThanOrEqual(0.05)
})

describe('A 90:10 split of a rare conversion', () => {
  const design = { experiments: 500, looks: 100, rates: [0.02, 0.02], usersPerLook: [180, 20] }

  test('the interval alone raises a false alarm in more than 10 % of A/A experiments', () => {
    expect(shareOfExperiments({ ...design, seed: 3 }, excludes(0))).toBeGreaterThan(0.1)
  })

  test('the verdict waits for the minimum and raises a false alarm in at most 5 %', () => {
    expect(shareOfExperiments({ ...design, seed: 3 }, concludes)).toBeLessThanOrEqual(0.05)
  })
})

test('Five equal variants: the chance of any wrong verdict stays at 5 %', () => {
  const rates = [0.1, 0.1, 0.1, 0.1, 0.1]
  const design = { rates, usersPerLook: rates.map(() => 200), seed: 4 }
  const wrong = shareOfExperiments({ experiments: 500, looks: 40, ...design }, concludes)
  expect(wrong).toBeLessThanOrEqual(0.05)
})

test.for([0.05, 0.2, 0.001])(
  'The always-valid sample size finds a lift of the planned size with the planned power, at alpha %d',
  (alpha) => {
    const question = { baselineRate: 0.2, minimumRelativeLift: 0.2, alpha }
    const planned = computeSampleSize(question).alwaysValidPerVariant ?? 0
    const design = { rates: [0.2, 0.24], usersPerLook: [planned, planned], seed: 5 }
    const found = shareOfExperiments({ experiments: 1_000, looks: 1, ...design }, (samples) => {
      const options = { plannedSamplePerVariant: planned, alpha }
      return analyze(toVariants(samples), options).verdict.kind === 'better'
    })
    expect(found).toBeGreaterThan(0.76)
    expect(found).toBeLessThan(0.84)
  },
)

test('computeConfidenceSequences: each look equals the analysis of the same counts', () => {
  const random = randomNumbers(6)
  const looks = [500, 1_000, 1_500, 2_000].map((users) => [
    variant('A', users, drawConversions(random, users, 0.1)),
    variant('B', users, drawConversions(random, users, 0.15)),
    variant('C', users, drawConversions(random, users, 0.1)),
  ])
  const options = { plannedSamplePerVariant: 3_000 }
  const charts = computeConfidenceSequences(
    looks.map((variants) => [{ number: 1, variants }]),
    options,
  )
  expect(charts.map((chart) => chart.variant)).toEqual(['B', 'C'])
  for (const [index, chart] of charts.entries())
    expect(chart.lifts).toEqual(
      looks.map((look) => analyze(look, options).comparisons[index]?.alwaysValidLift),
    )
})
