import { env } from 'cloudflare:workers'
import type { Env } from '../../worker/env.ts'
import { Participant } from '../../worker/objects/participant/participant.ts'
import { Publisher, type SwitchedOff } from '../../worker/objects/publisher/publisher.ts'
import { lyingD1, lyingKv } from '../support/faults.ts'
import type { D1Mode, Fault } from './steps.ts'
import { hurryDeadlines, pauseUntil, realPause, type Clock } from './time.ts'

/** Longer than each retry delay in the code. */
const CALM_AFTER_MS = 10_000

/** A late answer arrives after the answers to later requests. */
const OVERTAKEN_MS = 25

const LOST = 'D1_ERROR: Network connection lost.'

/**
 * A D1 with the modes of the steps. `slow` starts the query when the fault ends. `late` runs it at once, and answers
 * when the fault ends. `lost` never runs it, and fails when the run ends.
 */
const chaoticD1 = (isOver: () => boolean) => {
  const { d1, control } = lyingD1(env.DB)
  let mode: D1Mode = 'honest'
  let [held, delayed] = [0, 0]
  /** Waits for the end of a mode that is on. */
  const waitOut = async (delaying: D1Mode) => {
    if (mode !== delaying) return
    delayed++
    await pauseUntil(() => mode !== delaying || isOver())
    delayed--
  }
  control.hold = async () => {
    held++
    const isLost = mode === 'lost'
    await waitOut('slow')
    await pauseUntil(() => !isLost || isOver())
    held--
    if (isLost) throw new Error(LOST)
  }
  control.holdAnswer = async () => {
    const isLate = mode === 'late'
    await waitOut('late')
    if (isLate) await realPause(OVERTAKEN_MS)
  }
  const set = (next: D1Mode) => {
    mode = next
    control.mode = next === 'down' || next === 'commits silently' ? next : 'honest'
  }
  return {
    d1,
    set,
    mode: () => mode,
    isHolding: () => held + delayed > 0,
    isDelayed: () => delayed > 0,
  }
}

/** Where objects look for their bindings: a property of the classes, so that restarted objects find it. */
const bindings: { publisher: Env; participant: Env } = { publisher: env, participant: env }

const take = (prototype: object, read: () => Env) =>
  Object.defineProperty(prototype, 'env', { get: read, set() {}, configurable: true })

/** Gives objects the bindings of a run, for a test file. */
export const takeBindings = () => {
  take(Publisher.prototype, () => bindings.publisher)
  take(Participant.prototype, () => bindings.participant)
}

/** One isolate: its own `env` object, its own view of KV and its own connection to the Publisher. */
const createIsolate = (db: D1Database, isOver: () => boolean) => {
  const { kv, control } = lyingKv(env.SNAPSHOTS)
  const link: {
    mode: 'honest' | 'down' | 'lost'
    /** The Publisher's answer to the last break-glass call, even if its caller has given up. */
    order?: Promise<SwitchedOff | null>
  } = { mode: 'honest' }
  const never = async () => {
    await pauseUntil(isOver)
    throw new Error('Network connection lost.')
  }
  const PUBLISHER = {
    idFromName: (name: string) => env.PUBLISHER.idFromName(name),
    getByName(name: string) {
      if (link.mode === 'down') throw new Error('Network connection lost.')
      if (link.mode === 'lost')
        return {
          newerThan: never,
          publish: never,
          switchOff: never,
          fetch: never,
          reportKeyUse: never,
        }
      const stub = env.PUBLISHER.getByName(name)
      return {
        newerThan: (version: number) => stub.newerThan(version),
        publish: (version: number) => stub.publish(version),
        switchOff: (key: string, comment: string) => {
          link.order = (async () => await stub.switchOff(key, comment))()
          return link.order
        },
        fetch: (request: Request) => stub.fetch(request),
        reportKeyUse: (id: string) => stub.reportKeyUse(id),
      }
    },
  } as unknown as Env['PUBLISHER']
  return {
    env: { ...env, SNAPSHOTS: kv, PUBLISHER, DB: db, ADMIN_TOKEN: 'root' } as Env,
    kv: control,
    link,
    /** The snapshot version of its last answer. */
    seen: -1,
  }
}

export type Isolate = ReturnType<typeof createIsolate>

/** The time of the last failure, and the first and last instant of the clock with a failure. */
type Trouble = { readonly elapsed: number; readonly first: number; readonly last: number }

/** The isolates of a run, and all faults that a step can cause. */
export const createFaults = (clock: Clock, isolateCount: number) => {
  let isOver = false
  const over = () => isOver
  const [api, publisher, participant] = [chaoticD1(over), chaoticD1(over), chaoticD1(over)]
  const publisherKv = lyingKv(env.SNAPSHOTS)
  bindings.publisher = { ...env, DB: publisher.d1, SNAPSHOTS: publisherKv.kv }
  bindings.participant = { ...env, DB: participant.d1 }
  const open = () => createIsolate(api.d1, over)
  const isolates = Array.from({ length: isolateCount }, open)
  const troubled = new Map<string, Trouble>()

  const hangs = () =>
    [publisher, participant].some((d1) => ['slow', 'late', 'lost'].includes(d1.mode())) ||
    isolates.some(({ link }) => link.mode === 'lost')

  const troubles = (): Record<string, boolean> => ({
    'api d1': api.mode() !== 'honest',
    'publisher d1': publisher.mode() !== 'honest',
    'participant d1': participant.mode() !== 'honest',
    hurry: hangs(),
    ...Object.fromEntries(isolates.map(({ link }, at) => [`link ${at}`, link.mode !== 'honest'])),
  })
  /** Call this before a fault ends and after a fault begins. */
  const note = () => {
    const now = Date.now()
    for (const [name, isTroubled] of Object.entries(troubles())) {
      if (!isTroubled) continue
      const { first = now, last = now } = troubled.get(name) ?? {}
      const shown = { first: Math.min(first, now), last: Math.max(last, now) }
      troubled.set(name, { elapsed: clock.elapsed(), ...shown })
    }
  }
  /**
   * Measured by elapsed time and by the clock. After a clock is set back, it shows the time of the fault again. Code
   * that has only a clock then takes the old failure for a new one.
   */
  const isCalm = (...names: string[]) =>
    names.every((name) => {
      const trouble = troubled.get(name)
      if (!trouble) return true
      const now = Date.now()
      const isShown = now >= trouble.first && now < trouble.last + CALM_AFTER_MS
      return !isShown && clock.elapsed() - trouble.elapsed >= CALM_AFTER_MS
    })

  const cause = async (fault: Fault) => {
    note()
    switch (fault.of) {
      case 'isolate kv': {
        const { kv } = isolates[fault.at] ?? open()
        kv.isDown = fault.mode === 'down'
        kv.frozenAt = fault.mode === 'stale' ? await env.SNAPSHOTS.get('snapshot') : undefined
        break
      }
      case 'isolate publisher':
        Object.assign(isolates[fault.at]?.link ?? {}, { mode: fault.mode })
        break
      case 'publisher kv':
        publisherKv.control.refusePuts = fault.mode === 'refuses'
        publisherKv.control.isDown = fault.mode === 'down'
        break
      case 'api d1':
        api.set(fault.mode)
        break
      case 'publisher d1':
        publisher.set(fault.mode)
        break
      case 'participant d1':
        participant.set(fault.mode)
        break
    }
    note()
    await hurryDeadlines(hangs())
  }

  return {
    isolates,
    cause,
    note,
    isCalm,
    /** Whether a call to D1 hangs, in the Publisher or in a user's object. */
    isHolding: () => publisher.isHolding() || participant.isHolding(),
    /** Whether a slow call to D1 by a user's object is still to come. */
    isLate: () => participant.isDelayed(),
    /** Whether an isolate has reached the Publisher for longer than each retry delay. */
    isReachable: (at: number) => isCalm(`link ${at}`, 'hurry'),
    /** Whether an isolate has reached the Publisher, and the Publisher D1, for longer than each retry delay. */
    isFresh: (at: number) => isCalm(`link ${at}`, 'publisher d1', 'hurry'),
    restart(at: number) {
      note()
      const { kv, link } = isolates[at] ?? open()
      const fresh = open()
      Object.assign(fresh.kv, kv)
      fresh.link.mode = link.mode
      isolates[at] = fresh
    },
    async heal() {
      note()
      for (const d1 of [api, publisher, participant]) d1.set('honest')
      Object.assign(publisherKv.control, { refusePuts: false, isDown: false })
      for (const { kv, link } of isolates) {
        Object.assign(kv, { frozenAt: undefined, isDown: false })
        link.mode = 'honest'
      }
      await hurryDeadlines(false)
    },
    /** Ends all calls that still hang. */
    end() {
      isOver = true
      Object.assign(bindings, { publisher: env, participant: env })
    },
  }
}

export type Faults = ReturnType<typeof createFaults>
