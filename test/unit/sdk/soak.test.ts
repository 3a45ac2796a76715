import { afterEach, expect, it, vi } from 'vitest'
import type { OpenEventSource } from '../../../sdk/stream.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  neverAnswers,
  stubPage,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

/*
 * Thirty simulated minutes of a page in a bad world: the service refuses, hangs and fails; streams are cut, stalled and
 * refused; the clock is moved, the tab is hidden, the storage is cleared. The value that the page shows is compared with
 * the service's value at every half second.
 */

const MINUTES = 30
const STEP_MS = 500
/** A value is this old at most while the service answers and the tab is visible. */
const MAX_AGE_MS = 30_500
/** After an outage or a hidden tab: one longest backoff, and one request that hangs. */
const RECOVERY_MS = 33_000
/** A change that a healthy stream announces is shown in this time. */
const PUSH_MS = 1_000
/** Polls, retries, reloads after errors, and one load for each change. */
const MAX_REQUESTS_A_MINUTE = 20

const SEEDS = Number(process.env.SOAK_SEEDS ?? 6)

const service = useFakeService()

/** Mulberry32: a seed gives the same world again. */
const createRandom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

type Listener = (event: { type: string; lastEventId?: string }) => void
type Mode = 'up' | 'refused' | 'hanging' | 'failing' | 'limited'
type StreamMode = 'up' | 'stalled' | 'refused'

const createWorld = (random: () => number) => {
  const state = {
    version: 1,
    isOn: true,
    mode: 'up' as Mode,
    streamMode: 'up' as StreamMode,
    /** Steady milliseconds since the start: the clock of the device moves. */
    time: 0,
    goodSince: 0,
    streamGoodSince: 0,
    /** When each version was published. */
    changedAt: [0, 0],
  }
  const open = new Set<Source>()

  class Source {
    readonly listeners = new Map<string, Listener>()
    constructor(_url: string) {
      open.add(this)
      setTimeout(() => {
        if (state.streamMode === 'refused' || state.mode !== 'up') this.emit('error')
        else {
          state.streamGoodSince = state.time
          this.emit('message')
          this.emit('heartbeat')
        }
      }, 50)
    }
    addEventListener(type: string, listener: Listener) {
      this.listeners.set(type, listener)
    }
    emit(type: string) {
      if (open.has(this) && (state.streamMode !== 'stalled' || type === 'error'))
        this.listeners.get(type)?.({ type, lastEventId: String(state.version) })
    }
    close() {
      open.delete(this)
    }
  }
  const EventSource: OpenEventSource = Source

  const emitAll = (type: string) => {
    for (const source of open) source.emit(type)
  }

  service.answers.bundle = (request) => {
    if (state.mode === 'hanging') return neverAnswers(request)
    if (state.mode === 'refused') return unreachable(request)
    if (state.mode === 'failing') return answerJson({}, 500)
    if (state.mode === 'limited') return answerJson({}, 503, { 'Retry-After': '5' })
    const { version, isOn } = state
    return new Promise((resolve) => {
      const answer = answerJson({ ...BUNDLE, version, flags: { on: isOn } })
      setTimeout(() => resolve(answer), 20 + random() * 200)
    })
  }

  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T

  return {
    state,
    EventSource,
    emitAll,
    isStreamHealthy: () => open.size > 0 && state.streamMode === 'up' && state.mode === 'up',
    change() {
      state.version += 1
      state.isOn = !state.isOn
      state.changedAt.push(state.time)
      emitAll('message')
    },
    setMode(mode: Mode) {
      state.mode = mode
    },
    setStream(mode: StreamMode) {
      state.streamMode = mode
      if (mode === 'refused') emitAll('error')
    },
    pick,
    /** How long ago the service replaced this version, in milliseconds; 0 for the current one. */
    ageOf: (version: number) => state.time - (state.changedAt[version + 1] ?? state.time),
  }
}

afterEach(() => vi.restoreAllMocks())

const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1)

it.each(seeds)(
  'Client: shows no value older than promised in a world of faults (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    const random = createRandom(seed)
    const page = stubPage()
    const world = createWorld(random)
    const { state } = world
    const storage = memoryStorage()
    const flags = createTestClient(service, { storage, random, stream: world.EventSource })
    flags.subscribe(ANNA, () => {})
    let isVisible = true
    const log: string[] = []

    const acts: readonly (readonly [string, number, () => void])[] = [
      ['change', 0.01, world.change],
      [
        'mode',
        0.003,
        () => world.setMode(world.pick(['up', 'refused', 'hanging', 'failing', 'limited'])),
      ],
      ['repair', 0.01, () => world.setMode('up')],
      ['stream', 0.01, () => world.setStream(world.pick(['up', 'stalled', 'refused']))],
      ['stream repair', 0.004, () => world.setStream('up')],
      ['cut', 0.005, () => world.emitAll('error')],
      ['clock', 0.004, () => vi.setSystemTime(Date.now() + (random() - 0.5) * 7_200_000)],
      ['clear storage', 0.003, () => storage.values.clear()],
      ['online', 0.003, () => page.fire('online')],
      ['read', 0.02, () => void flags.getFlag({ userId: `u-${Math.floor(random() * 9)}` }, 'on')],
      [
        'visibility',
        0.004,
        () => {
          isVisible = !isVisible
          page.show(isVisible ? 'visible' : 'hidden')
        },
      ],
    ]

    for (; state.time < MINUTES * 60_000; state.time += STEP_MS) {
      for (const [name, share, act] of acts) {
        if (random() >= share) continue
        log.push(`${state.time / 1000} s: ${name} (${state.mode}, ${state.streamMode})`)
        act()
      }
      if (state.time % 25_000 === 0) world.emitAll('heartbeat')
      const isGood = state.mode === 'up' && isVisible
      if (!isGood) state.goodSince = state.time + STEP_MS
      if (!world.isStreamHealthy() || !isGood) state.streamGoodSince = state.time + STEP_MS
      await vi.advanceTimersByTimeAsync(STEP_MS)

      const goodMs = state.time - state.goodSince
      const ageMs =
        state.time - state.streamGoodSince > RECOVERY_MS
          ? PUSH_MS
          : goodMs > 2 * RECOVERY_MS
            ? MAX_AGE_MS
            : RECOVERY_MS
      const shown = flags.peek(ANNA)?.version ?? 0
      if (goodMs >= RECOVERY_MS && world.ageOf(shown) > ageMs)
        throw new Error(
          `at ${state.time / 1000} s version ${shown} is shown, replaced ${world.ageOf(shown)} ms ago, not ${ageMs}\n${log.slice(-25).join('\n')}`,
        )
    }
    const requestsAMinute = service.requestsTo('/v1/bundle').length / MINUTES
    expect(requestsAMinute).toBeLessThan(MAX_REQUESTS_A_MINUTE)
    expect(requestsAMinute).toBeGreaterThan(1)
    await flags.close()
    expect(vi.getTimerCount()).toBeLessThan(20) // answers of the world itself
  },
)

it(
  'Client: sends at most 15 requests an hour beside a healthy stream',
  { timeout: 60_000 },
  async () => {
    stubPage()
    const world = createWorld(createRandom(99))
    const flags = createTestClient(service, { storage: null, stream: world.EventSource })
    flags.subscribe(ANNA, () => {})
    for (let seconds = 0; seconds < 3_600; seconds += 25) {
      await vi.advanceTimersByTimeAsync(25_000)
      world.emitAll('heartbeat')
    }
    expect(service.requests.length).toBeLessThanOrEqual(15)
    await flags.close()
  },
)
