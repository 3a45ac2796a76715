import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Metrics } from '../../../schema/metrics.ts'
import { computeMetrics } from '../../../worker/experiments/metrics.ts'
import type { DayRow, PhaseSettings } from '../../../worker/experiments/phase-counts.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'
import { countDay, toDayNumber } from './support.ts'

const AT = '2026-06-01T00:00:00.000Z'
const DAY_MS = 86_400_000
const FIRST_DAY = toDayNumber('2026-06-01')
const LATER = new Date('2027-09-01')
const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.3, power: 0.8, alpha: 0.05 }
const VARIANTS = [
  { name: 'A', weight: 50 },
  { name: 'B', weight: 50 },
]
const DAYS = 10

/** Users and conversions a day of A and B, for ten days of each start. */
type Start = readonly [a: readonly [number, number], b: readonly [number, number]]

const listRows = (starts: readonly Start[]): DayRow[] =>
  starts.flatMap(([a, b], index) =>
    Array.from({ length: DAYS }, (_, day) => [
      { ...countDay(FIRST_DAY + index * DAYS + day, 'A', ...a), phase: index + 1 },
      { ...countDay(FIRST_DAY + index * DAYS + day, 'B', ...b), phase: index + 1 },
    ])
      .flat()
      .filter(({ assignments }) => assignments > 0),
  )

const listPhases = (count: number): PhaseSettings[] =>
  Array.from({ length: count }, (_, index) => ({
    phase: index + 1,
    startedAt: (FIRST_DAY + index * DAYS) * DAY_MS,
    variants: VARIANTS,
    startsOver: index > 0,
  }))

const compute = (starts: readonly Start[], more: readonly DayRow[] = [], plan = PLAN) => {
  const rows = [...listRows(starts), ...more].toSorted((a, b) => a.day - b.day)
  const metrics = computeMetrics(
    experimentWith({
      status: 'RUNNING',
      startAt: AT,
      launchedAt: AT,
      plan,
      variants: VARIANTS,
    }),
    rows,
    { from: null, to: null, conflicts: 0, phases: listPhases(starts.length) },
    LATER,
  )
  expect(Metrics.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics)
  return metrics
}

const EQUAL: Start = [
  [400, 40],
  [400, 40],
]
const NOBODY: Start = [
  [0, 0],
  [0, 0],
]
const AHEAD: Start = [
  [400, 40],
  [400, 80],
]

const listNotes = ({ words }: Metrics) => words.notes.map(({ text }) => text).join(' ')

describe('An experiment that starts over', () => {
  it('the first start has the alpha of the plan and is not mentioned', () => {
    const metrics = compute([EQUAL])
    expect(metrics.analysis.alpha).toBe(0.05)
    expect(metrics.start).toBeUndefined()
    expect(listNotes(metrics)).not.toContain('start')
  })

  it('the next start has less alpha and a larger planned sample, and the notes say both', () => {
    const [first, third] = [compute([EQUAL]), compute([EQUAL, EQUAL, EQUAL])]
    expect(third.start).toEqual({ number: 3, plannedAlpha: 0.05 })
    expect(third.analysis.alpha).toBeLessThan(0.05 / 4)
    expect(third.analysis.progress.planned).toBeGreaterThan(first.analysis.progress.planned ?? 0)
    expect(listNotes(third)).toMatch(
      /this is start 3 of this experiment.*must be 99\.[0-9]+.% sure, not 95.%, and the planned sample grows/,
    )
  })

  it('a difference that counts in the first start no longer counts in the fifth', () => {
    const some: Start = [
      [400, 40],
      [400, 50],
    ]
    expect(compute([some]).analysis.verdict.kind).toBe('better')
    const { analysis } = compute([EQUAL, EQUAL, EQUAL, EQUAL, some])
    expect(analysis.verdict.kind).not.toBe('better')
    expect(analysis.comparisons[0]?.zTest.significant).toBe(false)
  })

  it('a start without users costs nothing', () => {
    const metrics = compute([NOBODY, NOBODY, EQUAL])
    expect(metrics.analysis.alpha).toBe(0.05)
    expect(listNotes(metrics)).toContain('So far the bar is the same.')
  })

  it('evidence of an earlier start is never credited', () => {
    expect(compute([AHEAD, EQUAL]).analysis.alpha).toBe(0.05)
    expect(compute([EQUAL, AHEAD, EQUAL]).analysis.alpha).toBe(
      compute([EQUAL, EQUAL]).analysis.alpha,
    )
  })

  it('users without conversions cost as much as equal rates', () => {
    const silent: Start = [
      [400, 0],
      [400, 0],
    ]
    expect(compute([silent, EQUAL]).analysis.alpha).toBe(compute([EQUAL, EQUAL]).analysis.alpha)
  })

  it('rows that an earlier start gets later do not move the alpha', () => {
    const late = [{ ...countDay(FIRST_DAY + DAYS + 3, 'B', 400, 90), phase: 1 }]
    expect(compute([EQUAL, EQUAL], late).analysis.alpha).toBe(
      compute([EQUAL, EQUAL]).analysis.alpha,
    )
  })

  it('after 100 starts there is still a planned sample, and no confidence of 100 %', () => {
    const metrics = compute(Array.from({ length: 100 }, () => EQUAL))
    expect(metrics.analysis.alpha).toBeGreaterThan(0)
    expect(metrics.analysis.progress.planned).toBeGreaterThan(0)
    expect(listNotes(metrics)).toContain('99.9999999\u00a0% sure')
  })

  it('each start has at most the alpha that was left before, for random starts', () => {
    const aSide = fc
      .tuple(fc.integer({ min: 0, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([users, rate]) => [users, Math.round(users * rate)] as const)
    const someStarts = fc.array(fc.tuple(aSide, aSide), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(someStarts, fc.constantFrom(0.05, 0.5, 1e-6), (starts, alpha) => {
        const plan = { ...PLAN, alpha }
        const before = compute(starts.slice(0, -1), [], plan).analysis.alpha
        const after = compute(starts, [], plan).analysis.alpha
        expect(after).toBeGreaterThan(0)
        expect(after).toBeLessThanOrEqual(before)
      }),
    )
  })
})
