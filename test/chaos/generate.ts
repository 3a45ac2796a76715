import { createRandom, type Random } from './random.ts'
import {
  acts,
  ISOLATES,
  USERS,
  type Act,
  type D1Mode,
  type Fault,
  type Intent,
  type Match,
  type Step,
} from './steps.ts'

/* What a seed stands for. The weights were chosen so that what is rare in life happens in every few runs. */

const FLAGS = 2
const EXPERIMENTS = 2

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
  key: 0,
  act: r.pick('create', 'revoke'),
})

const intents = (r: Random): Intent[] => {
  const make = r.weighted([
    [7, flagIntent],
    [5, experimentIntent],
    [3, keyIntent],
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

const d1Mode = (r: Random): D1Mode => r.pick('down', 'commits silently', 'slow', 'late', 'lost')

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

/** Usually a short time, sometimes one past a bound, rarely a clock that is set forward or back. */
const passing = (r: Random): number =>
  r.weighted<() => number>([
    [8, () => r.below(6_000)],
    [5, () => r.pick(1_100, 4_000, 5_000, 10_000, 26_000, 29_000, 30_000, 31_000)],
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
    [7, () => ({ do: 'edit', at: at(r), intents: intents(r), untold: r.chance(0.1) })],
    [
      1.5,
      () => ({
        do: 'reweigh',
        at: at(r),
        experiment: 0,
        weights: [r.below(4), 1 + r.below(3)],
        endsIn: r.chance(0.25) ? 60_000 : null,
      }),
    ],
    [
      18,
      () => ({
        do: 'read',
        at: at(r),
        via: r.pick('evaluate', 'evaluate', 'ofrep'),
        minVersion: r.chance(0.3),
      }),
    ],
    [5, () => ({ do: 'knock', at: at(r), key: 0 })],
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
    [2, () => ({ do: 'break glass', at: at(r), flag: r.below(FLAGS) })],
  ])()

const edit = (intent: Intent): Step => ({ do: 'edit', at: 1, intents: [intent], untold: false })
const acting = (act: Act, weights: [number, number]): Step => edit(acts(act, 0, weights))

/** The start of a run: a flag, and a running experiment. */
const OPENING: readonly Step[] = [
  edit({ on: 'flag', flag: 0, method: 'PUT', enabled: true, rollout: 100, match: 'none' }),
  acting('create', [1, 1]),
  acting('launch', [1, 1]),
]

/** The closest case at the bound: an edit without a notice, and a reader that asks just before it becomes visible. */
const lapse = (r: Random): Step[] => {
  const reader = at(r)
  const read: Step = { do: 'read', at: reader, via: 'evaluate', minVersion: false }
  return [
    { do: 'edit', at: at(r), intents: [flagIntent(r)], untold: true },
    { do: 'pass', ms: 4_000 },
    read,
    { do: 'pass', ms: r.pick(26_000, 28_000) },
    read,
  ]
}

/** Break-glass while the Publisher cannot reach D1, so that the next steps meet a pending override. */
const emergency = (r: Random): Step[] => [
  { do: 'fault', fault: { of: 'publisher d1', mode: d1Mode(r) } },
  { do: 'break glass', at: at(r), flag: 0 },
  ...r.times(some(r), () => step(r)),
  { do: 'fault', fault: { of: 'publisher d1', mode: r.pick('honest', 'commits silently') } },
  ...r.times(some(r), () => step(r)),
]

/** A key's life: created, used, revoked, and used again. */
const keyLife = (r: Random): Step[] => {
  const key = 0
  const knock = (): Step => ({ do: 'knock', at: at(r), key })
  return [
    edit({ on: 'key', key, act: 'create' }),
    knock(),
    edit({ on: 'key', key, act: 'revoke' }),
    knock(),
    { do: 'pass', ms: r.pick(5_000, 30_000) },
    knock(),
    knock(),
  ]
}

const STEPS = 28
const MORE_STEPS = 25

/** Generates the run of a seed: a flag, an experiment, then random steps. */
export const generateSteps = (seed: number): Step[] => {
  const random = createRandom(seed)
  const count = STEPS + random.below(MORE_STEPS)
  const steps = [...OPENING]
  while (steps.length < count)
    steps.push(
      ...(random.chance(0.045) ? random.pick(lapse, keyLife, emergency)(random) : [step(random)]),
    )
  return steps
}
