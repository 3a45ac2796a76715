import { describe, expect, it } from 'vitest'
import type { Experiment, ExperimentStatus } from '../../../schema/experiment.ts'
import { launch, revise, type Decision } from '../../../worker/experiments/lifecycle.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'

/* What can happen to an experiment after its stop, and what its record takes. */

const NOW = new Date('2026-06-15T12:00:00.000Z')
const at = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000).toISOString()

const launched = { startAt: at(-48), launchedAt: at(-48) }
const inStatus: Record<ExperimentStatus, Experiment> = {
  DRAFT: experimentWith(),
  RUNNING: experimentWith({ status: 'RUNNING', ...launched }),
  PAUSED: experimentWith({ status: 'PAUSED', ...launched }),
  STOPPED: experimentWith({ status: 'STOPPED', ...launched, stopAt: at(-1) }),
}

const findRefusal = (decision: Decision) => ('refused' in decision ? decision.refused : undefined)
const expectNext = (decision: Decision): Experiment => {
  if ('refused' in decision) throw new Error(decision.refused)
  return decision.next
}

const decide = (current: Experiment, decision: Experiment['decision']) =>
  revise(current, { decision }, [], NOW)
const ship = (variant: string) =>
  findRefusal(decide(inStatus.STOPPED, { outcome: 'ship', variant }))

describe('Launch of a stopped experiment with startsOver', () => {
  const stopped: Experiment = {
    ...inStatus.STOPPED,
    decision: { outcome: 'keep', variant: null },
  }

  it('runs it again without its schedule and decision, and asks the participants from then on', () => {
    const again = expectNext(launch(stopped, {}, NOW, [], true))
    expect(again).toMatchObject({
      status: 'RUNNING',
      startAt: NOW.toISOString(),
      stopAt: null,
      decision: null,
      reweightedAt: NOW.toISOString(),
      launchedAt: stopped.launchedAt,
    })
    expect(expectNext(launch(stopped, { stopAt: at(1) }, NOW, [], true)).stopAt).toBe(at(1))
  })

  it('refuses an archived experiment, and a stopped one without startsOver', () => {
    const archived = { ...stopped, archivedAt: NOW.toISOString() }
    expect(findRefusal(launch(archived, {}, NOW, [], true))).toContain('unarchive it first')
    expect(findRefusal(launch(stopped, {}, NOW, []))).toContain('only with startOver')
  })
})

describe('Decision', () => {
  it('belongs to a stopped experiment, and may be changed and cleared', () => {
    const shipped = expectNext(decide(inStatus.STOPPED, { outcome: 'ship', variant: 'B' }))
    expect(shipped.decision).toEqual({ outcome: 'ship', variant: 'B' })
    expect(expectNext(decide(shipped, null)).decision).toBeNull()
  })

  it.each(['DRAFT', 'RUNNING', 'PAUSED'] as const)(
    'cannot come before the stop of a %s experiment',
    (status) => {
      expect(findRefusal(decide(inStatus[status], { outcome: 'keep', variant: null }))).toBe(
        `it is ${status}: a decision comes after the stop`,
      )
    },
  )

  it('cannot ship the control or a variant that the experiment does not have', () => {
    expect(ship('A')).toBe('A is the control: decide to keep it')
    expect(ship('Z')).toBe('it has no variant Z')
  })

  it('leaves owner and note free in every status', () => {
    for (const status of ['DRAFT', 'RUNNING', 'PAUSED', 'STOPPED'] as const)
      expect(
        expectNext(revise(inStatus[status], { owner: 'Payments', note: 'odd' }, [], NOW)),
      ).toMatchObject({ owner: 'Payments', note: 'odd', status })
  })
})
