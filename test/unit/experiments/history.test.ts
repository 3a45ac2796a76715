import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Experiment } from '../../../schema/experiment.ts'
import {
  findNextFact,
  findStart,
  findStop,
  listPhases,
  listRuns,
  type Fact,
} from '../../../worker/experiments/history.ts'
import { launch, pause, revise, stop } from '../../../worker/experiments/lifecycle.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'

const START = Date.UTC(2026, 5, 15, 12)
const HOUR = 3_600_000
const iso = (at: number) => new Date(at).toISOString()

const SKEWED = [
  { name: 'A', weight: 9 },
  { name: 'B', weight: 1 },
]
const EVEN = [
  { name: 'A', weight: 1 },
  { name: 'B', weight: 1 },
]

type Life = { readonly experiment: Experiment; readonly history: readonly Fact[] }

const NEW: Life = { experiment: experimentWith({ variants: EVEN }), history: [] }

type Step = 'launch' | 'start over' | 'pause' | 'stop' | 'even' | 'skewed'

const decide = (experiment: Experiment, step: Step, at: number) => {
  const now = new Date(at)
  if (step === 'launch' || step === 'start over') return launch(experiment, {}, now)
  if (step === 'pause') return pause(experiment)
  if (step === 'stop') return stop(experiment, now)
  return revise(experiment, { variants: step === 'even' ? EVEN : SKEWED }, [], now)
}

/** Takes one step at an instant; a refused step changes nothing. */
const take = ({ experiment, history }: Life, step: Step, at: number): Life => {
  const decision = decide(experiment, step, at)
  if ('refused' in decision) return { experiment, history }
  const after = { ...decision.next, version: experiment.version + 1 }
  const fact = findNextFact(experiment, after, history, at, step === 'start over')
  return { experiment: after, history: fact ? [...history, fact] : history }
}

const live = (...steps: readonly Step[]): Life =>
  steps.reduce((life, step, hours) => take(life, step, START + hours * HOUR), NEW)

const describePhases = ({ history }: Life) =>
  listPhases(history).map(({ phase, startedAt, startsOver }) => [
    phase,
    (startedAt - START) / HOUR,
    startsOver,
  ])

describe('findNextFact', () => {
  it('continues the phase when the launch after a pause has the same variants', () => {
    expect(describePhases(live('launch', 'pause', 'launch'))).toEqual([[1, 0, false]])
  })

  it('begins a phase when the launch has other weights', () => {
    expect(describePhases(live('launch', 'pause', 'skewed', 'launch'))).toEqual([
      [1, 0, false],
      [2, 3, false],
    ])
  })

  it('continues the phase when an edit in the pause was undone before the launch', () => {
    expect(describePhases(live('launch', 'pause', 'skewed', 'even', 'launch'))).toEqual([
      [1, 0, false],
    ])
  })

  it('begins a phase that starts over when the launch says so', () => {
    expect(describePhases(live('launch', 'pause', 'start over'))).toEqual([
      [1, 0, false],
      [2, 2, true],
    ])
  })

  it('does not start over at the first launch, because nothing counts yet', () => {
    expect(describePhases(live('start over'))).toEqual([[1, 0, false]])
  })

  it('begins a phase when the variants of the last launch are not known', () => {
    const { experiment, history } = live('launch', 'pause')
    const unknown = history.map((fact) => ({ ...fact, variants: null }))
    const again = take({ experiment, history: unknown }, 'launch', START + 5 * HOUR)
    expect(describePhases(again)).toEqual([
      [1, 0, false],
      [2, 5, false],
    ])
  })

  it('adds nothing for an edit that changes no status', () => {
    expect(live('even', 'skewed').history).toEqual([])
  })

  it('gives a pause after stopAt the instant of stopAt', () => {
    const stopAt = iso(START + HOUR)
    const planned = { ...NEW, experiment: { ...NEW.experiment, stopAt } }
    const late = take(take(planned, 'launch', START), 'pause', START + 3 * HOUR)
    expect(listRuns(late.history)).toEqual([{ phase: 1, from: START, until: START + HOUR }])
  })
})

describe('listRuns', () => {
  const startAt = iso(START + 10 * HOUR)
  const scheduled = { ...NEW, experiment: { ...NEW.experiment, startAt } }

  it('begins a scheduled run at startAt', () => {
    const { history } = take(scheduled, 'launch', START)
    expect(listRuns(history)).toEqual([{ phase: 1, from: START + 10 * HOUR, until: null }])
    expect(findStart(history)).toBe(START + 10 * HOUR)
  })

  it('ends the last run at the planned stopAt', () => {
    expect(listRuns(live('launch').history, START + HOUR)).toEqual([
      { phase: 1, from: START, until: START + HOUR },
    ])
  })

  it.each(['pause', 'stop'] as const)('has no run when a %s precedes startAt', (step) => {
    const { history } = take(take(scheduled, 'launch', START), step, START + HOUR)
    expect(listRuns(history)).toEqual([])
    expect(findStart(history)).toBeNull()
  })

  it('keeps the first run when startAt moves later in the pause and a stop follows', () => {
    const paused = take(take(NEW, 'launch', START), 'pause', START + HOUR)
    const moved = { ...paused, experiment: { ...paused.experiment, startAt } }
    const { experiment, history } = take(moved, 'stop', START + 2 * HOUR)
    expect(experiment.startAt).toBeNull()
    expect(findStart(history)).toBe(START)
    expect(findStop(history)).toBe(START + 2 * HOUR)
  })
})

it('History: random lives have ordered runs that never overlap and phases that count from 1', () => {
  const steps = fc.constantFrom<Step>('launch', 'start over', 'pause', 'stop', 'even', 'skewed')
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 30 }), (taken) => {
      const { experiment, history } = live(...taken)
      const runs = listRuns(history)
      for (const [index, { from, until }] of runs.entries()) {
        expect(until ?? Infinity).toBeGreaterThan(from)
        expect(from).toBeGreaterThanOrEqual(runs[index - 1]?.until ?? 0)
      }
      expect(runs.some(({ until }) => until === null)).toBe(experiment.status === 'RUNNING')
      const phases = listPhases(history)
      expect(phases.map(({ phase }) => phase)).toEqual(phases.map((_, index) => index + 1))
      expect(new Set(history.map(({ seq }) => seq)).size).toBe(history.length)
    }),
  )
})
