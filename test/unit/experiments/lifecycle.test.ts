import { describe, expect, it } from 'vitest'
import type { Experiment, ExperimentStatus } from '../../../schema/experiment.ts'
import {
  launch,
  mayDelete,
  pause,
  revise,
  stop,
  type Decision,
} from '../../../worker/experiments/lifecycle.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'

const NOW = new Date('2026-06-15T12:00:00.000Z')
const at = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000).toISOString()

/** As a status usually looks. */
const inStatus: Record<ExperimentStatus, Experiment> = {
  DRAFT: experimentWith(),
  RUNNING: experimentWith({ status: 'RUNNING', startAt: at(-48), launchedAt: at(-48) }),
  PAUSED: experimentWith({ status: 'PAUSED', startAt: at(-48), launchedAt: at(-48) }),
  STOPPED: experimentWith({
    status: 'STOPPED',
    startAt: at(-48),
    stopAt: at(-1),
    launchedAt: at(-48),
  }),
}

const THIRDS = [
  { name: 'A', weight: 1 },
  { name: 'B', weight: 1 },
  { name: 'C', weight: 1 },
]

const actions: Record<string, (current: Experiment) => Decision> = {
  launch: (current) => launch(current, {}, NOW),
  pause,
  stop: (current) => stop(current, NOW),
  update: (current) => revise(current, { variants: THIRDS }, [], NOW),
  delete: (current) => {
    const refused = mayDelete(current)
    return refused === undefined ? { next: current } : { refused }
  },
}

const outcomeOf = (decision: Decision) => ('next' in decision ? decision.next.status : 'refused')
const refusalOf = (decision: Decision) => ('refused' in decision ? decision.refused : undefined)
const nextOf = (decision: Decision): Experiment => {
  if ('refused' in decision) throw new Error(decision.refused)
  return decision.next
}

/** Every status × every action: the status that follows, or refused. */
const table: [ExperimentStatus, Record<string, ExperimentStatus | 'refused'>][] = [
  [
    'DRAFT',
    { launch: 'RUNNING', pause: 'refused', stop: 'refused', update: 'DRAFT', delete: 'DRAFT' },
  ],
  [
    'RUNNING',
    {
      launch: 'refused',
      pause: 'PAUSED',
      stop: 'STOPPED',
      update: 'refused',
      delete: 'refused',
    },
  ],
  [
    'PAUSED',
    {
      launch: 'RUNNING',
      pause: 'refused',
      stop: 'STOPPED',
      update: 'PAUSED',
      delete: 'refused',
    },
  ],
  [
    'STOPPED',
    {
      launch: 'refused',
      pause: 'refused',
      stop: 'refused',
      update: 'refused',
      delete: 'refused',
    },
  ],
]

describe.each(table)('from %s', (status, expected) => {
  it.each(Object.entries(expected))('%s leads to: %s', (action, outcome) => {
    const decision = actions[action]?.(inStatus[status])
    expect(decision && outcomeOf(decision)).toBe(outcome)
  })

  it.each(Object.entries(expected).filter(([, outcome]) => outcome === 'refused'))(
    '%s is refused with a reason that names the status',
    (action) => {
      const decision = actions[action]?.(inStatus[status])
      expect(decision && refusalOf(decision)).toContain(status)
    },
  )

  it('no action changes the experiment that it is given', () => {
    const before = structuredClone(inStatus[status])
    for (const act of Object.values(actions)) act(inStatus[status])
    expect(inStatus[status]).toEqual(before)
  })
})

describe('a launch', () => {
  it('without a schedule starts now', () => {
    expect(nextOf(launch(inStatus.DRAFT, {}, NOW))).toEqual({
      ...inStatus.DRAFT,
      status: 'RUNNING',
      startAt: at(0),
      launchedAt: at(0),
    })
  })

  it('keeps the start that was set before, later or earlier', () => {
    for (const startAt of [at(5), at(-5)])
      expect(nextOf(launch(experimentWith({ startAt }), {}, NOW)).startAt).toBe(startAt)
  })

  it('may set the schedule, and null takes a member of it away', () => {
    const scheduled = experimentWith({ startAt: at(1), stopAt: at(2) })
    expect(nextOf(launch(scheduled, { startAt: null, stopAt: null }, NOW))).toMatchObject({
      startAt: at(0),
      stopAt: null,
    })
    expect(nextOf(launch(scheduled, { startAt: at(3), stopAt: at(4) }, NOW))).toMatchObject({
      startAt: at(3),
      stopAt: at(4),
    })
  })

  it('after a pause remembers the first launch and the first start', () => {
    expect(nextOf(launch(inStatus.PAUSED, {}, NOW))).toMatchObject({
      status: 'RUNNING',
      startAt: at(-48),
      launchedAt: at(-48),
    })
  })

  it.each([
    ['has passed', { stopAt: at(-1) }, /has passed/],
    ['is this very moment', { stopAt: at(0) }, /has passed/],
    ['is before the start', { startAt: at(5), stopAt: at(4) }, /later than startAt/],
    ['is the start', { startAt: at(5), stopAt: at(5) }, /later than startAt/],
  ])('is refused when its stop %s', (_, schedule, reason) => {
    for (const status of ['DRAFT', 'PAUSED'] as const) {
      expect(refusalOf(launch(inStatus[status], schedule, NOW))).toMatch(reason)
      expect(refusalOf(launch({ ...inStatus[status], ...schedule }, {}, NOW))).toMatch(reason)
    }
  })

  it('is refused when someone has a variant that is gone: the assignment was on its way when it went', () => {
    expect(refusalOf(launch(inStatus.PAUSED, {}, NOW, ['A', 'C']))).toMatch(/to C: keep it/)
    expect(nextOf(launch(inStatus.PAUSED, {}, NOW, ['A', 'B'])).status).toBe('RUNNING')
  })

  it('takes a stop one millisecond ahead', () => {
    const stopAt = new Date(NOW.getTime() + 1).toISOString()
    expect(nextOf(launch(inStatus.DRAFT, { stopAt }, NOW)).stopAt).toBe(stopAt)
  })
})

describe('a stop', () => {
  it('is now when none was set, and when a later one was', () => {
    for (const stopAt of [null, at(7)])
      expect(nextOf(stop({ ...inStatus.RUNNING, stopAt }, NOW)).stopAt).toBe(at(0))
  })

  it('was at its time when that has come', () => {
    for (const stopAt of [at(0), at(-7)])
      expect(nextOf(stop({ ...inStatus.RUNNING, stopAt }, NOW)).stopAt).toBe(stopAt)
  })
})

describe('a stop before the start', () => {
  it('takes the start away, which was never reached, and keeps the launch', () => {
    for (const status of ['RUNNING', 'PAUSED'] as const)
      for (const stopAt of [null, at(9)])
        for (const startAt of [at(0), at(5)])
          expect(
            nextOf(stop({ ...inStatus[status], startAt, stopAt, launchedAt: at(-1) }, NOW)),
          ).toMatchObject({ startAt: null, stopAt: at(0), launchedAt: at(-1) })
  })

  it('keeps a start that has come', () => {
    expect(nextOf(stop(inStatus.RUNNING, NOW))).toMatchObject({ startAt: at(-48), stopAt: at(0) })
  })
})

describe('a change', () => {
  it('of the variants after the first launch says when it was; later ones say when they were', () => {
    const changed = nextOf(revise(inStatus.PAUSED, { variants: THIRDS }, [], NOW))
    expect(changed.reweightedAt).toBe(at(0))
    const again = THIRDS.toReversed()
    const later = new Date(NOW.getTime() + 1_000)
    expect(nextOf(revise(changed, { variants: again }, [], later)).reweightedAt).toBe(
      later.toISOString(),
    )
  })

  it.each([
    ['a weight', [{ name: 'A', weight: 51 }, inStatus.DRAFT.variants[1]]],
    ['a name', [{ name: 'a', weight: 50 }, inStatus.DRAFT.variants[1]]],
    ['the order', inStatus.DRAFT.variants.toReversed()],
    ['the number', THIRDS],
  ])('of %s moves buckets, so it counts as a change of the variants', (_, variants) => {
    const patch = { variants } as { variants: Experiment['variants'] }
    expect(nextOf(revise(inStatus.PAUSED, patch, [], NOW)).reweightedAt).toBe(at(0))
  })

  it('back to the first weights is still a change: somebody may have been assigned between', () => {
    const once = nextOf(revise(inStatus.PAUSED, { variants: THIRDS }, [], NOW))
    const back = nextOf(revise(once, { variants: inStatus.PAUSED.variants }, [], NOW))
    expect(back.reweightedAt).not.toBeNull()
  })

  it('of a draft, or of anything but the variants, leaves every bucket the assignment', () => {
    expect(nextOf(revise(inStatus.DRAFT, { variants: THIRDS }, [], NOW)).reweightedAt).toBeNull()
    const patch = {
      description: 'new',
      stopAt: at(9),
      variants: structuredClone(inStatus.PAUSED.variants),
    }
    expect(nextOf(revise(inStatus.PAUSED, patch, [], NOW)).reweightedAt).toBeNull()
  })

  it('never takes a variant away that someone has, and names it', () => {
    const patch = { variants: THIRDS.slice(1) }
    expect(refusalOf(revise(inStatus.PAUSED, patch, ['A', 'B'], NOW))).toMatch(/to A: keep it/)
    expect(nextOf(revise(inStatus.PAUSED, patch, ['B'], NOW)).variants).toEqual(patch.variants)
  })

  it('may put the weight of a variant that someone has to 0', () => {
    const variants = [
      { name: 'A', weight: 0 },
      { name: 'B', weight: 1 },
    ]
    expect(nextOf(revise(inStatus.PAUSED, { variants }, ['A'], NOW)).variants).toEqual(variants)
  })

  it('of one end of the schedule is checked against the other', () => {
    const scheduled = experimentWith({ startAt: at(5), stopAt: at(6) })
    for (const patch of [{ startAt: at(6) }, { stopAt: at(5) }])
      expect(refusalOf(revise(scheduled, patch, [], NOW))).toMatch(/later than startAt/)
    expect(nextOf(revise(scheduled, { startAt: at(6), stopAt: null }, [], NOW))).toMatchObject({
      startAt: at(6),
      stopAt: null,
    })
  })
})
