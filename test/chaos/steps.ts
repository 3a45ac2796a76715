import { randomOf, type Random } from './random.ts'

/*
 * What may happen, as plain data: a run is a list of these, so that it can be printed, replayed and made shorter.
 * Flags, experiments, users and isolates are numbers; what they stand for is settled when the step is taken.
 */

export const ISOLATES = 3
const FLAGS = 2
const EXPERIMENTS = 2
export const USERS = 3

export type Match = 'none' | 'current' | 'stale' | 'absent'
export type Intent =
  | {
      on: 'flag'
      flag: number
      method: 'PUT' | 'PATCH' | 'DELETE'
      enabled: boolean
      rollout: 0 | 100
      match: Match
    }
  | {
      on: 'experiment'
      experiment: number
      act: 'create' | 'launch' | 'pause' | 'reweight' | 'stop' | 'delete'
      weights: [number, number]
      /** Milliseconds from now to its start and its end; null leaves them alone. */
      startsIn: number | null
      endsIn: number | null
      match: Match
    }
  | { on: 'key'; key: number; act: 'create' | 'revoke' }

export type D1Mode = 'honest' | 'down' | 'commits silently' | 'slow' | 'lost'
export type Fault =
  | { of: 'isolate kv'; at: number; mode: 'honest' | 'stale' | 'down' }
  | { of: 'isolate publisher'; at: number; mode: 'honest' | 'down' | 'lost' }
  | { of: 'publisher kv'; mode: 'honest' | 'refuses' | 'down' }
  | { of: 'api d1'; mode: 'honest' | 'down' | 'commits silently' }
  | { of: 'publisher d1' | 'participant d1'; mode: D1Mode }

export type Exposed = {
  user: number
  experiment: number
  variant: 'mine' | 'other'
  ago: number
}
export type Tracked = { user: number; type: 'booking.confirmed' | 'event.viewed'; ago: number }

export type Step =
  | { do: 'edit'; at: number; intents: Intent[] }
  | { do: 'read'; at: number; via: 'evaluate' | 'ofrep'; minVersion: boolean }
  | { do: 'knock'; at: number; key: number }
  | { do: 'assign'; user: number; experiment: number; at: number[]; crash: boolean }
  | { do: 'get variant'; user: number; experiment: number; at: number }
  | { do: 'expose'; at: number; items: Exposed[]; crash: boolean }
  | { do: 'track'; at: number; items: Tracked[] }
  | { do: 'replay'; at: number; back: number }
  | { do: 'drain'; user: number }
  | { do: 'alarm' }
  | { do: 'cron' }
  | { do: 'evict'; who: 'publisher' | number }
  | { do: 'abort'; who: 'publisher' | number }
  | { do: 'pass'; ms: number }
  | { do: 'fault'; fault: Fault }
  | { do: 'heal' }
  | { do: 'restart'; at: number }

const flagIntent = (r: Random): Intent => ({
  on: 'flag',
  flag: r.below(FLAGS),
  method: r.weighted([
    [5, 'PUT'],
    [5, 'PATCH'],
    [1, 'DELETE'],
  ]),
  enabled: r.chance(0.5),
  rollout: r.pick(0, 100, 100),
  match: r.weighted<Match>([
    [6, 'none'],
    [3, 'current'],
    [1, 'stale'],
    [1, 'absent'],
  ]),
})

const experimentIntent = (r: Random): Intent => ({
  on: 'experiment',
  experiment: r.below(EXPERIMENTS),
  act: r.weighted([
    [2, 'create'],
    [4, 'launch'],
    [3, 'pause'],
    [3, 'reweight'],
    [0.7, 'stop'],
    [0.3, 'delete'],
  ]),
  weights: [r.below(4), r.below(3) + 1],
  startsIn: r.chance(0.15) ? r.pick(-1_000, 10_000) : null,
  endsIn: r.chance(0.25) ? r.pick(20_000, 60_000) : null,
  match: r.weighted<Match>([
    [8, 'none'],
    [2, 'current'],
    [1, 'stale'],
  ]),
})

const keyIntent = (r: Random): Intent => ({
  on: 'key',
  key: r.below(2),
  act: r.pick('create', 'revoke'),
})

const intents = (r: Random): Intent[] => {
  const make = r.weighted([
    [7, flagIntent],
    [5, experimentIntent],
    [2, keyIntent],
  ])
  return r.times(
    r.weighted([
      [8, 1],
      [1, 2],
      [1, 3],
    ]),
    () => make(r),
  )
}

const d1Mode = (r: Random): D1Mode => r.pick('down', 'commits silently', 'slow', 'lost')

const fault = (r: Random): Fault =>
  r.weighted<() => Fault>([
    [
      3,
      () => ({ of: 'isolate kv', at: r.below(ISOLATES), mode: r.pick('stale', 'stale', 'down') }),
    ],
    [
      3,
      () => ({
        of: 'isolate publisher',
        at: r.below(ISOLATES),
        mode: r.pick('down', 'down', 'lost'),
      }),
    ],
    [2, () => ({ of: 'publisher kv', mode: r.pick('refuses', 'down') })],
    [2, () => ({ of: 'api d1', mode: r.pick('down', 'commits silently') })],
    [3, () => ({ of: 'publisher d1', mode: d1Mode(r) })],
    [3, () => ({ of: 'participant d1', mode: d1Mode(r) })],
  ])()

/** Mostly short, sometimes past a bound; rarely a clock that is set, either way. */
const passing = (r: Random): number =>
  r.weighted<() => number>([
    [8, () => r.below(6_000)],
    [5, () => r.pick(1_100, 5_000, 10_000, 30_000, 31_000)],
    [1, () => r.pick(2 * 3_600_000, 8 * 24 * 3_600_000)],
    [1.5, () => -r.pick(2_000, 60_000, 3_600_000)],
  ])()

const at = (r: Random) => r.below(ISOLATES)
const subject = (r: Random) => ({ user: r.below(USERS), experiment: r.below(EXPERIMENTS) })
const some = (r: Random) => 1 + r.below(3)
const ago = (r: Random) => r.pick(0, 0, 1_000, 3_600_000, 6 * 24 * 3_600_000, 8 * 24 * 3_600_000)
const who = (r: Random) => r.pick<'publisher' | number>('publisher', 0, 1, 2)

const step = (r: Random): Step =>
  r.weighted<() => Step>([
    [7, () => ({ do: 'edit', at: at(r), intents: intents(r) })],
    [
      18,
      () => ({
        do: 'read',
        at: at(r),
        via: r.pick('evaluate', 'evaluate', 'ofrep'),
        minVersion: r.chance(0.3),
      }),
    ],
    [3, () => ({ do: 'knock', at: at(r), key: r.below(2) })],
    [
      9,
      () => ({
        do: 'assign',
        ...subject(r),
        at: r.times(some(r), () => at(r)),
        crash: r.chance(0.1),
      }),
    ],
    [4, () => ({ do: 'get variant', ...subject(r), at: at(r) })],
    [
      7,
      () => ({
        do: 'expose',
        at: at(r),
        items: r.times(some(r), () => ({
          ...subject(r),
          variant: r.pick('mine', 'mine', 'mine', 'other'),
          ago: ago(r),
        })),
        crash: r.chance(0.1),
      }),
    ],
    [
      5,
      () => ({
        do: 'track',
        at: at(r),
        items: r.times(some(r), () => ({
          user: r.below(USERS),
          type: r.pick('booking.confirmed', 'event.viewed'),
          ago: ago(r),
        })),
      }),
    ],
    [5, () => ({ do: 'replay', at: at(r), back: r.below(4) })],
    [5, () => ({ do: 'drain', user: r.below(USERS) })],
    [4, () => ({ do: 'alarm' })],
    [1, () => ({ do: 'cron' })],
    [3, () => ({ do: 'evict', who: who(r) })],
    [2, () => ({ do: 'abort', who: who(r) })],
    [13, () => ({ do: 'pass', ms: passing(r) })],
    [7, () => ({ do: 'fault', fault: fault(r) })],
    [4, () => ({ do: 'heal' })],
    [2, () => ({ do: 'restart', at: at(r) })],
  ])()

const edit = (intent: Intent): Step => ({ do: 'edit', at: 1, intents: [intent] })
const acting = (act: (Intent & { on: 'experiment' })['act'], weights: [number, number]): Step =>
  edit({
    on: 'experiment',
    experiment: 0,
    act,
    weights,
    startsIn: null,
    endsIn: null,
    match: 'none',
  })

/** Something to happen to: a flag, and an experiment that runs, in some runs with other weights than at first. */
const opening = (r: Random): Step[] => [
  edit({ on: 'flag', flag: 0, method: 'PUT', enabled: true, rollout: 100, match: 'none' }),
  acting('create', [1, 1]),
  acting('launch', [1, 1]),
  ...(r.chance(0.35)
    ? [acting('pause', [1, 1]), acting('reweight', [1, 3]), acting('launch', [1, 3])]
    : []),
]

/** The run that a seed stands for: a flag, an experiment, then whatever comes. */
export const stepsOf = (seed: number): Step[] => {
  const random = randomOf(seed)
  return [...opening(random), ...random.times(27 + random.below(28), () => step(random))]
}
