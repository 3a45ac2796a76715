import { describe, expect, it } from 'vitest'
import { computeMetrics } from '../../../worker/experiments/metrics.ts'
import type { DayRow } from '../../../worker/experiments/phase-counts.ts'
import { Metrics } from '../../../schema/metrics.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'
import { countDay, toDayNumber } from './support.ts'

const AT = '2026-06-01T00:00:00.000Z'
const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.5, power: 0.8, alpha: 0.05 }

const tenDays = (a: readonly [number, number], b: readonly [number, number]): DayRow[] =>
  Array.from({ length: 10 }, (_, day) => [
    countDay(toDayNumber('2026-06-01') + day, 'A', ...a),
    countDay(toDayNumber('2026-06-01') + day, 'B', ...b),
  ]).flat()

/** The results of rows, and of users who were left out after they had been counted. */
const compute = (rows: DayRow[], leftOutLater: DayRow[], plan: typeof PLAN | null = PLAN) => {
  const experiment = experimentWith({ status: 'RUNNING', startAt: AT, launchedAt: AT, plan })
  const count = leftOutLater.reduce((sum, { exposedUsers }) => sum + exposedUsers, 0)
  const leftOut = { testers: 0, list: count, counted: count }
  const scope = { from: null, to: null, conflicts: 0, leftOutLater, ...(count > 0 && { leftOut }) }
  const metrics = computeMetrics(experiment, rows, scope, new Date('2026-09-01'))
  expect(Metrics.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics)
  return metrics
}

const describeVerdict = ({ analysis: { verdict } }: Metrics) =>
  'reason' in verdict ? `${verdict.kind} ${verdict.reason}` : verdict.kind

describe('Results: users who were left out after they had been counted', () => {
  it('a verdict stays when it is the same with them, and a note names their number', () => {
    const metrics = compute(tenDays([500, 50], [500, 90]), tenDays([1, 1], [1, 0]))
    expect(describeVerdict(metrics)).toBe('better')
    expect(metrics.words.notes).toContainEqual({
      tone: 'careful',
      text: '20\u00a0of them were counted before. A list that is made in view of the results can make chance look like an effect. A verdict must therefore be the same with these users and without.',
    })
  })

  it('a verdict that they decide is withheld, and nothing is significant', () => {
    const metrics = compute(tenDays([500, 50], [500, 90]), tenDays([40, 40], [0, 0]))
    expect(describeVerdict(metrics)).toBe('withheld left_out_later')
    expect(metrics.analysis.comparisons[0]?.zTest.significant).toBe(false)
    expect(metrics.analysis.zTest.significant).toBe(false)
    expect(metrics.words).toMatchObject({
      tone: 'open',
      headline: 'No verdict: it depends on users who were left out later',
      comparisons: ['withheld: it depends on users who were left out'],
    })
    expect(metrics.words.detail).toContain('400\u00a0users were left out')
  })

  it('a loss that the choice of users hides is withheld too', () => {
    const metrics = compute(tenDays([500, 50], [500, 50]), tenDays([40, 40], [40, 0]))
    expect(describeVerdict(metrics)).toBe('withheld left_out_later')
  })

  it('a split that is uneven only with them allows no verdict', () => {
    const rows = tenDays([500, 50], [500, 90])
    expect(describeVerdict(compute(rows, tenDays([0, 0], [150, 27])))).toBe(
      'withheld left_out_later',
    )
  })

  it('a difference without a plan is withheld in the same way', () => {
    const rows = tenDays([500, 50], [500, 90])
    expect(describeVerdict(compute(rows, [], null))).toBe('unplanned_better')
    expect(describeVerdict(compute(rows, tenDays([40, 40], [0, 0]), null))).toBe(
      'withheld left_out_later',
    )
  })

  it('results without a difference stay as they are', () => {
    const metrics = compute(tenDays([500, 50], [500, 51]), tenDays([1, 1], [1, 0]))
    expect(describeVerdict(metrics)).toBe('no_detectable_difference')
  })
})
