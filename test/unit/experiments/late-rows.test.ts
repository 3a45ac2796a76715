import { describe, expect, it } from 'vitest'
import type { SnapshotExperiment } from '../../../schema/experiment.ts'
import type { Fact } from '../../../worker/experiments/history.ts'
import { judgeInstant, selectLateRuns } from '../../../worker/experiments/late-rows.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const START = Date.UTC(2026, 5, 15, 12)

const EVEN = [
  { name: 'A', weight: 1 },
  { name: 'B', weight: 1 },
]
const SKEWED = [
  { name: 'A', weight: 9 },
  { name: 'B', weight: 1 },
]

const fact = (seq: number, kind: Fact['kind'], at: number, phase: number): Fact => ({
  seq,
  kind,
  at,
  phase,
  variants: kind === 'launch' ? (phase === 1 ? EVEN : SKEWED) : null,
  startsOver: false,
})

/** Two days of phase 1, a pause of a day, two days of phase 2, then a stop. */
const HISTORY = [
  fact(2, 'launch', START, 1),
  fact(3, 'pause', START + 2 * DAY, 1),
  fact(5, 'launch', START + 3 * DAY, 2),
  fact(6, 'stop', START + 5 * DAY, 2),
]

const NOW = START + 6 * DAY

const createSnapshot = (
  history: readonly Fact[],
  members: Partial<SnapshotExperiment> = {},
  now = NOW,
): SnapshotExperiment => ({
  key: 'checkout-redesign',
  status: 'STOPPED',
  variants: SKEWED,
  startAt: START,
  stopAt: null,
  isBucketed: false,
  hasInherited: false,
  ...selectLateRuns(history, now),
  ...members,
})

const judge = (experiment: SnapshotExperiment, at: number, more = {}, now = NOW) => {
  const time = { at, spanMs: 0, isClientTime: true, ...more }
  const judged = judgeInstant(experiment, time, now)
  return typeof judged === 'object' && judged !== null ? judged.phase : judged
}

describe('judgeInstant', () => {
  it.each<[string, number, number | string | null]>([
    ['30 days before the launch', START - 30 * DAY, 'BEFORE_LAUNCH'],
    ['more than 5 minutes before the launch', START - 5 * MINUTE - 1, 'BEFORE_LAUNCH'],
    ['5 minutes before the launch, by a slow clock', START - 5 * MINUTE, 1],
    ['at the launch', START, 1],
    ['in the first run', START + DAY, 1],
    ['a minute after the pause', START + 2 * DAY + MINUTE, 1],
    ['in the pause', START + 2.5 * DAY, null],
    ['just before the second launch, by a slow clock', START + 3 * DAY - MINUTE, 2],
    ['in the second run', START + 4 * DAY, 2],
    ['after the stop', START + 5 * DAY + MINUTE + 1, null],
  ])('judges a row %s by the run at that time', (_, at, expected) => {
    expect(judge(createSnapshot(HISTORY), at)).toBe(expected)
  })

  it('takes the variants of the launch, not those of an edit in the pause', () => {
    const paused = createSnapshot(HISTORY.slice(0, 2), { status: 'PAUSED', variants: SKEWED })
    const time = { at: START + DAY, spanMs: 0, isClientTime: true }
    expect(judgeInstant(paused, time, NOW)).toEqual({ phase: 1, variants: EVEN })
  })

  it('gives a row that arrives without a time no margin', () => {
    const time = { isClientTime: false }
    expect(judge(createSnapshot(HISTORY), START + 2 * DAY, time)).toBeNull()
    expect(judge(createSnapshot(HISTORY), START + 3 * DAY - 1, time)).toBeNull()
  })

  it('takes an instant that was given to the second for that whole second', () => {
    const launchedLate = HISTORY.map((each) => ({ ...each, at: each.at + 700 }))
    const time = { isClientTime: false }
    expect(judge(createSnapshot(launchedLate), START, { ...time, spanMs: 999 })).toBe(1)
    expect(judge(createSnapshot(launchedLate), START, time)).toBeNull()
  })

  it('refuses every row of an experiment that never ran', () => {
    expect(judge(createSnapshot([]), NOW)).toBe('BEFORE_LAUNCH')
  })

  it('ends the run that lasts at stopAt, before the status changes', () => {
    const running = createSnapshot(HISTORY.slice(0, 1), { status: 'RUNNING', stopAt: START + DAY })
    expect(judge(running, START + DAY - 1)).toBe(1)
    expect(judge(running, START + 2 * DAY)).toBeNull()
  })

  it('takes rows of a run for 7 days after its end, also from an old snapshot', () => {
    const experiment = createSnapshot(HISTORY)
    const end = START + 5 * DAY
    expect(judge(experiment, START + 4 * DAY, {}, end + 7 * DAY)).toBe(2)
    expect(judge(experiment, START + 4 * DAY, {}, end + 7 * DAY + 1)).toBeNull()
    expect(selectLateRuns(HISTORY, end + 7 * DAY + 1).runs).toEqual([])
  })

  it('judges by the status when the snapshot is from before phases', () => {
    const older = { runs: undefined, startedAt: undefined, phase: undefined }
    const running = createSnapshot([], { ...older, status: 'RUNNING' })
    expect(judgeInstant(running, { at: 0, spanMs: 0, isClientTime: true }, NOW)).toEqual({
      phase: undefined,
      variants: SKEWED,
    })
    expect(judge(createSnapshot([], { ...older, status: 'PAUSED' }), NOW)).toBeNull()
  })
})

const long = (phase: number) =>
  Array.from({ length: 20 }, (_, index) => ({
    name: `${'x'.repeat(60)}${index + 10}`,
    weight: 5_000 + phase,
  }))

describe('selectLateRuns', () => {
  const reweighted = Array.from({ length: 20 }, (_, index): Fact[] => [
    { ...fact(2 * index, 'launch', START + index * MINUTE, index + 1), variants: long(index) },
    fact(2 * index + 1, 'pause', START + (index + 0.5) * MINUTE, index + 1),
  ]).flat()

  it('keeps 20 re-weightings of 20 long names below 8 kB, and the last runs with their variants', () => {
    const late = selectLateRuns(reweighted, NOW)
    expect(JSON.stringify(late).length).toBeLessThan(8_000)
    expect(late.phase).toBe(20)
    expect(late.runs?.at(-1)).toMatchObject({ phase: 20 })
    expect(late.phaseVariants?.['20']).toEqual(long(19))
    expect(new Set(late.runs?.map(({ phase }) => `${phase}`))).toEqual(
      new Set(Object.keys(late.phaseVariants ?? {})),
    )
  })

  it('keeps 20 re-weightings of two short names', () => {
    const short = reweighted.map((one) => ({ ...one, variants: one.variants && EVEN }))
    expect(selectLateRuns(short, NOW).runs).toHaveLength(20)
  })
})
