import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Experiment } from '../../../schema/experiment.ts'
import { computeConfidenceSequences, type AlwaysValidLift } from '../../../worker/analyze/index.ts'
import { MAX_LOOKS } from '../../../worker/experiments/looks.ts'
import { computeMetrics } from '../../../worker/experiments/metrics.ts'
import {
  countPhases,
  listPhases,
  selectRows,
  type DayRow,
  type PhaseSettings,
} from '../../../worker/experiments/phase-counts.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'
import { ALWAYS, countDay, toDayNumber } from './support.ts'

const AT = '2020-06-01T00:00:00.000Z'
const FIRST_DAY = toDayNumber('2020-06-01')
const LATER = new Date('2026-11-01')
const NAMES = ['A', 'B', 'C']

const anExperiment = (variants: Experiment['variants']) =>
  experimentWith({ status: 'RUNNING', startAt: AT, launchedAt: AT, variants })

const isoDay = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)

/** The looks, each counted from all rows until then. */
const computeSlowly = (
  experiment: Experiment,
  rows: readonly DayRow[],
  phases: readonly PhaseSettings[],
  alpha: number,
) => {
  const list = listPhases(experiment, rows, phases)
  const counted = selectRows(list, rows)
  const days = [...new Set(counted.map(({ day }) => day))]
  const looks = days.map((last) => {
    const until = counted.filter(({ day }) => day <= last)
    return countPhases(list, experiment, until, LATER)
  })
  return computeConfidenceSequences(looks, { alpha }).map(({ variant, lifts }) => ({
    variant,
    looks: lifts.map((lift, index) => ({ day: isoDay((days[index] ?? 0) + 7), lift })),
  }))
}

const someWeights = fc
  .tuple(...NAMES.map(() => fc.integer({ min: 0, max: 3 })))
  .filter((weights) => weights.some((weight) => weight > 0))
  .map((weights) => weights.map((weight, index) => ({ name: NAMES[index] ?? '', weight })))

const somePhases = fc
  .array(
    fc.record({
      variants: fc.option(someWeights, { freq: 5 }),
      startsOver: fc.constantFrom(false, false, true),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => all.map((phase, index): PhaseSettings => ({ ...phase, phase: index + 1 })))

const someRows = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: 30 }),
      phase: fc.integer({ min: 0, max: 7 }),
      variant: fc.constantFrom(...NAMES, 'gone'),
      users: fc.integer({ min: 1, max: 2_000 }),
      conversions: fc.nat(2_000),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((rows) =>
    rows
      .map(({ day, phase, variant, users, conversions }) => ({
        ...countDay(FIRST_DAY + day, variant, users, Math.min(users, conversions)),
        phase,
      }))
      .toSorted((a, b) => a.day - b.day),
  )

const aDay = (day: number, phase = 1) => [
  { ...countDay(FIRST_DAY + day, 'A', 100, 10), phase },
  { ...countDay(FIRST_DAY + day, 'B', 100, 11 + (day % 3)), phase },
]

describe('computeMetrics: looks', () => {
  it('each look equals the analysis of all rows until then, for random histories', () => {
    fc.assert(
      fc.property(someWeights, somePhases, someRows, (variants, phases, rows) => {
        const experiment = anExperiment(variants)
        const { sequences, analysis } = computeMetrics(
          experiment,
          rows,
          { ...ALWAYS, phases },
          LATER,
        )
        expect(sequences).toEqual(computeSlowly(experiment, rows, phases, analysis.alpha))
      }),
      { numRuns: 300 },
    )
  })

  it('Metrics of 2,000 days have 400 looks, and the last day is one', () => {
    const rows = Array.from({ length: 2_000 }, (_, day) => aDay(day)).flat()
    const experiment = anExperiment([
      { name: 'A', weight: 1 },
      { name: 'B', weight: 1 },
    ])
    const { sequences, analysis, days } = computeMetrics(experiment, rows, ALWAYS, LATER)
    const looks = sequences[0]?.looks ?? []
    expect(looks).toHaveLength(MAX_LOOKS)
    expect(looks.at(-1)?.day).toBe(isoDay(FIRST_DAY + 1_999 + 7))
    expect(looks.at(-1)?.lift).toEqual(analysis.comparisons[0]?.alwaysValidLift)
    expect(days).toHaveLength(4_000)
  })

  it('reads each row a few times at most, however many days and phases there are', () => {
    const count = { reads: 0 }
    const rows = Array.from({ length: 1_000 }, (_, day) => aDay(day, 1 + Math.floor(day / 10)))
      .flat()
      .map((row): DayRow => ({
        ...row,
        get exposedUsers() {
          count.reads += 1
          return row.exposedUsers
        },
      }))
    const variants = [
      { name: 'A', weight: 1 },
      { name: 'B', weight: 1 },
    ]
    const phases = Array.from({ length: 100 }, (_, index) => ({ phase: index + 1, variants }))
    const { sequences } = computeMetrics(anExperiment(variants), rows, { ...ALWAYS, phases }, LATER)
    const lifts: readonly (AlwaysValidLift | undefined)[] =
      sequences[0]?.looks.map(({ lift }) => lift) ?? []
    expect(lifts.every((lift) => lift?.reason === null)).toBe(true)
    expect(count.reads).toBeLessThan(20 * rows.length)
  })
})
