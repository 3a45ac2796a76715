import { describe, expect, it } from 'vitest'
import type { Experiment, ExperimentStatus } from '../../../schema/experiment.ts'
import {
  launch,
  pause,
  remove,
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

const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.2, power: 0.8, alpha: 0.05 }

const actions: Record<string, (current: Experiment) => Decision> = {
  launch: (current) => launch(current, {}, NOW),
  pause,
  stop: (current) => stop(current, NOW),
  update: (current) => revise(current, { variants: THIRDS }, [], NOW),
  delete: (current) => {
    const removal = remove(current)
    return 'refused' in removal ? removal : { next: current }
  },
}

const describeOutcome = (decision: Decision) =>
  'next' in decision ? decision.next.status : 'refused'
const findRefusal = (decision: Decision) => ('refused' in decision ? decision.refused : undefined)
const expectNext = (decision: Decision): Experiment => {
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

describe.each(table)('Life cycle of a %s experiment', (status, expected) => {
  it.each(Object.entries(expected))('the action %s leads to: %s', (action, outcome) => {
    const decision = actions[action]?.(inStatus[status])
    expect(decision && describeOutcome(decision)).toBe(outcome)
  })

  it.each(Object.entries(expected).filter(([, outcome]) => outcome === 'refused'))(
    'the action %s is refused, and the reason names the status',
    (action) => {
      const decision = actions[action]?.(inStatus[status])
      expect(decision && findRefusal(decision)).toContain(status)
    },
  )

  it('no action changes the object that it is given', () => {
    const before = structuredClone(inStatus[status])
    for (const act of Object.values(actions)) act(inStatus[status])
    expect(inStatus[status]).toEqual(before)
  })
})

describe('launch', () => {
  it('a launch without a schedule starts the experiment now', () => {
    expect(expectNext(launch(inStatus.DRAFT, {}, NOW))).toEqual({
      ...inStatus.DRAFT,
      status: 'RUNNING',
      startAt: at(0),
      launchedAt: at(0),
    })
  })

  it('a launch keeps the startAt that was set before, in the past or in the future', () => {
    for (const startAt of [at(5), at(-5)])
      expect(expectNext(launch(experimentWith({ startAt }), {}, NOW)).startAt).toBe(startAt)
  })

  it('a launch may set the schedule, and null removes a startAt or stopAt', () => {
    const scheduled = experimentWith({ startAt: at(1), stopAt: at(2) })
    expect(expectNext(launch(scheduled, { startAt: null, stopAt: null }, NOW))).toMatchObject({
      startAt: at(0),
      stopAt: null,
    })
    expect(expectNext(launch(scheduled, { startAt: at(3), stopAt: at(4) }, NOW))).toMatchObject({
      startAt: at(3),
      stopAt: at(4),
    })
  })

  it('a launch after a pause keeps launchedAt and startAt of the first one', () => {
    expect(expectNext(launch(inStatus.PAUSED, {}, NOW))).toMatchObject({
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
  ])('a launch is refused when its stopAt %s', (_, schedule, reason) => {
    for (const status of ['DRAFT', 'PAUSED'] as const) {
      expect(findRefusal(launch(inStatus[status], schedule, NOW))).toMatch(reason)
      expect(findRefusal(launch({ ...inStatus[status], ...schedule }, {}, NOW))).toMatch(reason)
    }
  })

  it('a launch is refused when a user has a variant that was removed meanwhile', () => {
    expect(findRefusal(launch(inStatus.PAUSED, {}, NOW, ['A', 'C']))).toMatch(/to C: keep it/)
    expect(expectNext(launch(inStatus.PAUSED, {}, NOW, ['A', 'B'])).status).toBe('RUNNING')
  })

  it.each([
    ['the control has weight 0', [0, 1, 1], /the control, A, has weight 0/],
    ['only the control has a weight', [1, 0, 0], /only the control has a weight/],
  ])('a launch is refused when %s', (_, weights, reason) => {
    const variants = THIRDS.map((variant, index) => ({ ...variant, weight: weights[index] ?? 0 }))
    expect(findRefusal(launch({ ...inStatus.DRAFT, variants }, {}, NOW))).toMatch(reason)
  })

  it('a launch after a pause is refused when the control has weight 0', () => {
    const variants = THIRDS.map((variant, index) => ({ ...variant, weight: index }))
    expect(findRefusal(launch({ ...inStatus.PAUSED, variants }, {}, NOW))).toMatch(/weight 0/)
  })

  it('a launch after a pause accepts that only the control has a weight', () => {
    const variants = THIRDS.map((variant, index) => ({ ...variant, weight: index === 0 ? 1 : 0 }))
    expect(expectNext(launch({ ...inStatus.PAUSED, variants }, {}, NOW)).status).toBe('RUNNING')
  })

  it('a launch accepts a third variant with weight 0', () => {
    const variants = [...THIRDS.slice(0, 2), { name: 'C', weight: 0 }]
    expect(expectNext(launch({ ...inStatus.DRAFT, variants }, {}, NOW)).status).toBe('RUNNING')
  })

  it('a launch accepts a stopAt one millisecond ahead', () => {
    const stopAt = new Date(NOW.getTime() + 1).toISOString()
    expect(expectNext(launch(inStatus.DRAFT, { stopAt }, NOW)).stopAt).toBe(stopAt)
  })
})

describe('stop', () => {
  it('a stop sets stopAt to now when it was null or later', () => {
    for (const stopAt of [null, at(7)])
      expect(expectNext(stop({ ...inStatus.RUNNING, stopAt }, NOW)).stopAt).toBe(at(0))
  })

  it('a stop keeps a stopAt that has passed', () => {
    for (const stopAt of [at(0), at(-7)])
      expect(expectNext(stop({ ...inStatus.RUNNING, stopAt }, NOW)).stopAt).toBe(stopAt)
  })
})

describe('stop after a pause', () => {
  it('a stop of a paused experiment is now, also when its stopAt has passed', () => {
    const stopped = expectNext(stop({ ...inStatus.PAUSED, stopAt: at(-7) }, NOW))
    expect(stopped.stopAt).toBe(at(0))
  })
})

describe('revise the control', () => {
  it('an edit after the first launch is refused when another variant comes first', () => {
    const variants = inStatus.PAUSED.variants.toReversed()
    expect(findRefusal(revise(inStatus.PAUSED, { variants }, [], NOW))).toMatch(
      /control, A, is fixed/,
    )
    expect(expectNext(revise(inStatus.DRAFT, { variants }, [], NOW)).variants).toEqual(variants)
  })
})

describe('stop before startAt', () => {
  it('a stop before startAt sets startAt to null and keeps launchedAt', () => {
    for (const status of ['RUNNING', 'PAUSED'] as const)
      for (const stopAt of [null, at(9)])
        for (const startAt of [at(0), at(5)])
          expect(
            expectNext(stop({ ...inStatus[status], startAt, stopAt, launchedAt: at(-1) }, NOW)),
          ).toMatchObject({ startAt: null, stopAt: at(0), launchedAt: at(-1) })
  })

  it('a stop keeps a startAt that has passed', () => {
    expect(expectNext(stop(inStatus.RUNNING, NOW))).toMatchObject({
      startAt: at(-48),
      stopAt: at(0),
    })
  })
})

describe('revise', () => {
  it('reweightedAt is the time of the last change of variants after the first launch', () => {
    const changed = expectNext(revise(inStatus.PAUSED, { variants: THIRDS }, [], NOW))
    expect(changed.reweightedAt).toBe(at(0))
    const again = THIRDS.toSpliced(1, 2, ...THIRDS.slice(1).toReversed())
    const later = new Date(NOW.getTime() + 1_000)
    expect(expectNext(revise(changed, { variants: again }, [], later)).reweightedAt).toBe(
      later.toISOString(),
    )
  })

  it.each([
    ['a weight', [{ name: 'A', weight: 51 }, inStatus.DRAFT.variants[1]]],
    ['a name', [{ name: 'a', weight: 50 }, inStatus.DRAFT.variants[1]]],
    ['the number', THIRDS],
  ])('changing %s sets reweightedAt, because it moves buckets', (_, variants) => {
    const patch = { variants } as { variants: Experiment['variants'] }
    expect(expectNext(revise(inStatus.PAUSED, patch, [], NOW)).reweightedAt).toBe(at(0))
  })

  it('changing the order of the other variants sets reweightedAt, because it moves buckets', () => {
    const launched = { ...inStatus.PAUSED, variants: THIRDS }
    const variants = THIRDS.toSpliced(1, 2, ...THIRDS.slice(1).toReversed())
    expect(expectNext(revise(launched, { variants }, [], NOW)).reweightedAt).toBe(at(0))
  })

  it('changing back to the first weights sets reweightedAt: users may have been assigned between', () => {
    const once = expectNext(revise(inStatus.PAUSED, { variants: THIRDS }, [], NOW))
    const back = expectNext(revise(once, { variants: inStatus.PAUSED.variants }, [], NOW))
    expect(back.reweightedAt).not.toBeNull()
  })

  it('reweightedAt stays null for a draft, and for a change of anything but the variants', () => {
    expect(
      expectNext(revise(inStatus.DRAFT, { variants: THIRDS }, [], NOW)).reweightedAt,
    ).toBeNull()
    const patch = {
      description: 'new',
      stopAt: at(9),
      variants: structuredClone(inStatus.PAUSED.variants),
    }
    expect(expectNext(revise(inStatus.PAUSED, patch, [], NOW)).reweightedAt).toBeNull()
  })

  it('removing a variant that a user has is refused, and the reason names it', () => {
    const patch = { variants: THIRDS.slice(1) }
    expect(findRefusal(revise(inStatus.PAUSED, patch, ['A', 'B'], NOW))).toMatch(/to A: keep it/)
    expect(expectNext(revise(inStatus.PAUSED, patch, ['B'], NOW)).variants).toEqual(patch.variants)
  })

  it('a variant that a user has may get weight 0', () => {
    const variants = [
      { name: 'A', weight: 0 },
      { name: 'B', weight: 1 },
    ]
    expect(expectNext(revise(inStatus.PAUSED, { variants }, ['A'], NOW)).variants).toEqual(variants)
  })

  it('a new startAt or stopAt is checked against the other one', () => {
    const scheduled = experimentWith({ startAt: at(5), stopAt: at(6) })
    for (const patch of [{ startAt: at(6) }, { stopAt: at(5) }])
      expect(findRefusal(revise(scheduled, patch, [], NOW))).toMatch(/later than startAt/)
    expect(expectNext(revise(scheduled, { startAt: at(6), stopAt: null }, [], NOW))).toMatchObject({
      startAt: at(6),
      stopAt: null,
    })
  })
})

describe('revise of a running experiment', () => {
  it('the description and a stopAt in the future may change', () => {
    const patch = { description: 'new', stopAt: at(9) }
    expect(expectNext(revise(inStatus.RUNNING, patch, [], NOW))).toEqual({
      ...inStatus.RUNNING,
      ...patch,
    })
    expect(
      expectNext(revise({ ...inStatus.RUNNING, stopAt: at(9) }, { stopAt: null }, [], NOW)).stopAt,
    ).toBeNull()
  })

  it.each([
    ['variants', { variants: THIRDS }],
    ['startAt', { startAt: at(1) }],
    ['plan', { plan: PLAN }],
  ])('a change of %s is refused, and the reason names it', (name, patch) => {
    const reason = findRefusal(revise(inStatus.RUNNING, { description: 'new', ...patch }, [], NOW))
    expect(reason).toContain(`pause it first to change its ${name};`)
  })

  it('a setting may be repeated, with an instant in another zone', () => {
    const patch = {
      variants: structuredClone(inStatus.RUNNING.variants),
      startAt: '2026-06-13T17:30:00+05:30',
      description: 'new',
    }
    expect(expectNext(revise(inStatus.RUNNING, patch, [], NOW)).description).toBe('new')
  })

  it.each([
    ['has passed', at(-1)],
    ['is now', at(0)],
  ])('a stopAt that %s is refused', (_, stopAt) => {
    expect(findRefusal(revise(inStatus.RUNNING, { stopAt }, [], NOW))).toContain('has passed')
  })

  it('a stopAt that has come can no longer be moved', () => {
    const over = { ...inStatus.RUNNING, stopAt: at(-1) }
    for (const stopAt of [at(9), null])
      expect(findRefusal(revise(over, { stopAt }, [], NOW))).toContain('has passed')
  })
})

describe('revise of a stopped experiment', () => {
  it('the description may change, and nothing else', () => {
    const { STOPPED } = inStatus
    expect(expectNext(revise(STOPPED, { description: 'B is live' }, [], NOW))).toEqual({
      ...STOPPED,
      description: 'B is live',
    })
    for (const patch of [{ stopAt: at(9) }, { startAt: null }, { plan: PLAN }])
      expect(findRefusal(revise(STOPPED, patch, [], NOW))).toContain('only its description')
  })
})

describe('revise of the plan', () => {
  const planned = { ...inStatus.PAUSED, plan: PLAN }

  it('a plan is fixed at the first launch', () => {
    for (const plan of [null, { ...PLAN, alpha: 0.1 }, { ...PLAN, minimumDays: 1 }])
      expect(findRefusal(revise(planned, { plan }, [], NOW))).toContain(
        'fixed since the first launch',
      )
  })

  it('a plan cannot be added after the first launch', () => {
    expect(findRefusal(revise(inStatus.PAUSED, { plan: PLAN }, [], NOW))).toContain(
      'in view of the data',
    )
  })

  it('a plan may be repeated, with the default minimum or without it', () => {
    for (const plan of [{ ...PLAN }, { ...PLAN, minimumDays: 7 }])
      expect(expectNext(revise(planned, { plan, description: 'new' }, [], NOW)).description).toBe(
        'new',
      )
  })

  it('a draft may change its plan or drop it', () => {
    const draft = { ...inStatus.DRAFT, plan: PLAN }
    expect(expectNext(revise(draft, { plan: null }, [], NOW)).plan).toBeNull()
    expect(expectNext(revise(inStatus.DRAFT, { plan: PLAN }, [], NOW)).plan).toEqual(PLAN)
  })
})

const named = (...names: string[]) => names.map((name) => ({ name, weight: 1 }))

describe('revise of variant names', () => {
  it.each([
    ['Control', 'control'],
    ['1.1', '1.10'],
    ['007', '7'],
  ])('the names %s and %s are refused together', (first, second) => {
    const patch = { variants: named(first, 'B', second) }
    expect(findRefusal(revise(inStatus.DRAFT, patch, [], NOW))).toContain(`${first} and ${second}`)
  })

  it('names that differ as text and as numbers are accepted', () => {
    const patch = { variants: named('1.1', '1.1.0', 'v1', 'v01', '1-1', '11') }
    expect(expectNext(revise(inStatus.DRAFT, patch, [], NOW)).variants).toEqual(patch.variants)
  })

  it('an older experiment with such names may change its weights', () => {
    const older = { ...inStatus.PAUSED, variants: named('Control', 'control') }
    const variants = older.variants.map((variant) => ({ ...variant, weight: 3 }))
    expect(expectNext(revise(older, { variants }, [], NOW)).variants).toEqual(variants)
  })
})
