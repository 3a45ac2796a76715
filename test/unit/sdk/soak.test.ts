import { afterEach, expect, it, vi } from 'vitest'
import {
  ANNA,
  createTestClient,
  memoryStorage,
  stubPage,
  useFakeService,
} from '../../support/flags-service.ts'
import { createRandom, createWorld } from '../../support/soak-world.ts'

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

afterEach(() => vi.restoreAllMocks())

const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1)

it.each(seeds)(
  'Client: shows no value older than promised in a world of faults (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    const random = createRandom(seed)
    const page = stubPage()
    const world = createWorld(service, random)
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
    const world = createWorld(service, createRandom(99))
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
