import { describe, expect, it } from 'vitest'
import type { Experiment } from '../../../schema/experiment.ts'
import { Metrics } from '../../../schema/metrics.ts'
import type { Scope } from '../../../worker/experiments/analysis-options.ts'
import { computeMetrics } from '../../../worker/experiments/metrics.ts'
import type { DayRow, PhaseSettings } from '../../../worker/experiments/phase-counts.ts'
import { writeSummaryCsv } from '../../../worker/experiments/results-csv.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'
import { countDay, toDayNumber } from './support.ts'

const AT = '2026-06-01T00:00:00.000Z'
const FIRST_DAY = toDayNumber('2026-06-01')
const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.5, power: 0.8, alpha: 0.05 }
const LATER = new Date('2026-09-01')

const running = (over: Partial<Experiment> = {}) =>
  experimentWith({ status: 'RUNNING', startAt: AT, launchedAt: AT, plan: PLAN, ...over })

const row = (
  day: number,
  variant: string,
  users: number,
  conversions: number,
  phase = 1,
): DayRow => ({
  ...countDay(FIRST_DAY + day, variant, users, conversions),
  phase,
})

/** Ten days with these users and conversions a day. */
const tenDays = (a: readonly [number, number], b: readonly [number, number], from = 0, phase = 1) =>
  Array.from({ length: 10 }, (_, day) => [
    row(from + day, 'A', ...a, phase),
    row(from + day, 'B', ...b, phase),
  ]).flat()

const compute = (
  rows: readonly DayRow[],
  scope: Partial<Scope> = {},
  now = LATER,
  experiment = running(),
) => {
  const metrics = computeMetrics(
    experiment,
    rows,
    { from: null, to: null, conflicts: 0, ...scope },
    now,
  )
  expect(Metrics.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics)
  expect(JSON.stringify(metrics.words)).not.toMatch(/NaN|undefined|Infinity/)
  return metrics
}

const weighted = (a: number, b: number) => [
  { name: 'A', weight: a },
  { name: 'B', weight: b },
]

const CLEAR = tenDays([500, 50], [500, 90])

describe('Phases', () => {
  const phases: PhaseSettings[] = [
    { phase: 1, startedAt: Date.parse(AT), variants: weighted(9, 1) },
    { phase: 2, variants: weighted(1, 9) },
  ]
  /** 4 % convert before and 25 % after the change of weights, the same in both variants. */
  const rows = [...tenDays([900, 36], [100, 4]), ...tenDays([100, 25], [900, 225], 10, 2)]
  const reweighted = running({ reweightedAt: AT, variants: weighted(1, 9) })

  it('equal rates within each phase give no difference although the pooled rates differ', () => {
    const { analysis, words, phases: shown } = compute(rows, { phases }, LATER, reweighted)
    expect(analysis.comparisons[0]?.lift.value).toBeCloseTo(0, 12)
    expect(analysis.verdict).toEqual({ kind: 'no_detectable_difference' })
    expect(analysis.sampleRatio.status).toBe('balanced')
    expect(analysis.phases?.map(({ phase }) => phase)).toEqual([1, 2])
    expect(shown?.map(({ isCounted }) => isCounted)).toEqual([true, true])
    expect(shown?.map(({ startedAt }) => startedAt)).toEqual([AT, undefined])
    expect(words.notes.map(({ text }) => text).join()).toContain('2 phases')
  })

  it('there is no verdict for weights that changed without a history', () => {
    const { analysis } = compute(rows, {}, LATER, reweighted)
    expect(analysis.verdict).toEqual({ kind: 'withheld', reason: 'phases_unknown' })
  })

  it('one phase gives the numbers of an experiment without a history', () => {
    const withHistory = compute(CLEAR, { phases: [{ phase: 1, variants: weighted(50, 50) }] })
    expect(withHistory).toEqual(compute(CLEAR))
  })

  it('a wrong split in one phase withholds the verdict', () => {
    const skewed = [...tenDays([900, 36], [100, 4]), ...tenDays([300, 75], [700, 175], 10, 2)]
    const { analysis } = compute(skewed, { phases }, LATER, reweighted)
    expect(analysis.verdict).toEqual({ kind: 'sample_ratio_mismatch' })
  })

  it('a phase that starts over counts alone', () => {
    const again = phases.map((phase) => ({ ...phase, startsOver: phase.phase === 2 }))
    const { variants, words } = compute(rows, { phases: again }, LATER, reweighted)
    expect(variants.map(({ exposedUsers }) => exposedUsers)).toEqual([1_000, 9_000])
    expect(words.notes.map(({ text }) => text).join()).toContain('started over')
  })

  it('a phase in which the control gets no users makes no comparison', () => {
    const silent = [{ phase: 1, variants: weighted(0, 1) }]
    const { analysis } = compute([row(0, 'B', 900, 90)], { phases: silent })
    expect(analysis.comparisons).toEqual([])
    expect(analysis.verdict).toEqual({ kind: 'invalid_data', reason: 'control_without_weight' })
  })
})

describe('Complete windows', () => {
  it('users whose 7 days are not over are in no verdict', () => {
    const { analysis, maturity, sequences, words } = compute(CLEAR, {}, new Date('2026-06-07'))
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'maturing' })
    expect(maturity).toMatchObject({ exposedUsers: 10_000, matured: 0 })
    expect(sequences).toEqual([])
    expect(words.notes[0]?.text).toContain('0 of 10,000\u00a0users have had their 7\u00a0days')
  })

  it('a finer count of complete windows replaces that of whole days', () => {
    const rows = CLEAR.map((entry) => ({ ...entry, matured: { exposedUsers: 7, conversions: 1 } }))
    expect(compute(rows, {}, new Date('2026-06-07')).maturity?.matured).toBe(140)
  })

  it('a past look does not change when later users and their bookings arrive', () => {
    const early = compute(CLEAR.slice(0, 8), {}, new Date('2026-06-12'))
    const late = compute([...CLEAR.slice(0, 8), ...tenDays([500, 200], [500, 20], 4)])
    expect(late.sequences[0]?.looks.slice(0, 4)).toEqual(early.sequences[0]?.looks)
  })
})

describe('Verdict rules', () => {
  it('a plan may demand more days of intake than it has, and there is no verdict', () => {
    const { analysis, maturity } = compute(
      CLEAR,
      {},
      LATER,
      running({ plan: { ...PLAN, minimumDays: 11 } }),
    )
    expect(maturity).toMatchObject({ intakeDays: 10, minimumDays: 11 })
    expect(analysis.verdict.kind).toBe('not_enough_data')
  })

  it('a clear difference with a plan and ten days is better', () => {
    expect(compute(CLEAR).analysis.verdict).toMatchObject({ kind: 'better', variant: 'B' })
  })

  it('six days of intake are too early', () => {
    const rows = CLEAR.slice(0, 12).map((entry) => ({
      ...entry,
      assignments: 900,
      exposedUsers: 900,
    }))
    const { analysis, words } = compute(rows)
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'too_early' })
    expect(words.headline).toBe('No verdict yet: 6 of 7\u00a0days are in')
  })

  it('the word better comes with unplanned when there is no plan', () => {
    const { analysis, words } = compute(CLEAR, {}, LATER, running({ plan: null }))
    expect(analysis.verdict.kind).toBe('unplanned_better')
    expect(words).toMatchObject({ tone: 'open' })
    expect(words.headline).toMatch(/^Unplanned: /)
  })

  it('a chosen range has numbers and no verdict, and the CSV names the range', () => {
    const from = '2026-06-03T00:00:00.000Z'
    const metrics = compute(CLEAR, { from })
    expect(metrics).toMatchObject({ part: true, analysis: { zTest: { significant: false } } })
    expect(metrics.analysis.verdict).toEqual({ kind: 'withheld', reason: 'partial_range' })
    expect(metrics.analysis.comparisons[0]?.alwaysValidLift.reason).toBeNull()
    expect(metrics.words.notes[0]?.text).toContain('from 2026-06-03 00:00 UTC')
    const [, first] = writeSummaryCsv(metrics).split('\r\n')
    expect(first).toMatch(new RegExp(`true,${from},$`))
  })

  it('a range that cuts nothing keeps the verdict', () => {
    const scope = { from: '2026-05-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' }
    expect(compute(CLEAR, scope).analysis.verdict.kind).toBe('better')
  })

  it('a variant of weight 0 changes neither the planned sample nor the comparisons', () => {
    const third = running({ variants: [...weighted(50, 50), { name: 'C', weight: 0 }] })
    const [two, three] = [compute(CLEAR), compute(CLEAR, {}, LATER, third)]
    expect(three.analysis.progress).toEqual(two.analysis.progress)
    expect(three.analysis.comparisons).toEqual(two.analysis.comparisons)
  })

  it('another baseline is compared without a verdict', () => {
    const { analysis, words } = compute(CLEAR, { baseline: 'B' })
    expect(analysis.comparisons.map(({ control, variant }) => [control, variant])).toEqual([
      ['B', 'A'],
    ])
    expect(analysis.verdict).toEqual({ kind: 'withheld', reason: 'exploration' })
    expect(words.headline).toContain('compares with B')
  })
})
