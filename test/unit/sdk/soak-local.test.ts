import { afterEach, expect, it, vi } from 'vitest'
import { ANNA, createTestClient, useFakeService } from '../../support/flags-service.ts'
import { createRandom, createWorld } from '../../support/soak-world.ts'

/*
 * Thirty simulated minutes of a server with local evaluation: the service refuses, hangs and fails; streams are cut,
 * stalled and refused; the clock is moved. The value is compared with the service's value at every half second.
 */

const MINUTES = 30
const STEP_MS = 500
/** A value is this old at most while the service answers. */
const MAX_AGE_MS = 30_500
/** After an outage: one longest backoff, and one snapshot that hangs. */
const RECOVERY_MS = 41_000
/** A change that a healthy stream announces is in effect in this time. */
const PUSH_MS = 1_000
/** Polls, retries, loads after errors, and one load for each change. */
const MAX_REQUESTS_A_MINUTE = 20

const SEEDS = Number(process.env.SOAK_SEEDS ?? 6)
const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1)

const service = useFakeService()
afterEach(() => vi.restoreAllMocks())

it.each(seeds)(
  'Local evaluation: returns no value older than promised in a world of faults (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    const random = createRandom(seed)
    const world = createWorld(service, random)
    const { state } = world
    const flags = createTestClient(service, {
      evaluation: 'local',
      stream: world.EventSource,
      random,
    })
    const isReady = flags.ready()
    await vi.dynamicImportSettled()
    await vi.advanceTimersByTimeAsync(STEP_MS)
    expect(await isReady).toBe(true)
    const log: string[] = []
    const acts: readonly (readonly [string, number, () => void])[] = [
      ['change', 0.01, world.change],
      [
        'mode',
        0.003,
        () => world.setMode(world.pick(['refused', 'hanging', 'failing', 'limited'])),
      ],
      ['repair', 0.01, () => world.setMode('up')],
      ['stream', 0.01, () => world.setStream(world.pick(['up', 'stalled', 'refused']))],
      ['stream repair', 0.004, () => world.setStream('up')],
      ['cut', 0.005, () => world.emitAll('error')],
      ['clock', 0.004, () => vi.setSystemTime(Date.now() + (random() - 0.5) * 7_200_000)],
    ]
    for (; state.time < MINUTES * 60_000; state.time += STEP_MS) {
      for (const [name, share, act] of acts) {
        if (random() >= share) continue
        log.push(`${state.time / 1000} s: ${name} (${state.mode}, ${state.streamMode})`)
        act()
      }
      if (state.time % 25_000 === 0) world.emitAll('heartbeat')
      const isGood = state.mode === 'up'
      if (!isGood) state.goodSince = state.time + STEP_MS
      if (!world.isStreamHealthy() || !isGood) state.streamGoodSince = state.time + STEP_MS
      void flags.getFlag({ userId: `u-${Math.floor(random() * 1_000)}` }, 'on')
      await vi.advanceTimersByTimeAsync(STEP_MS)

      const goodMs = state.time - state.goodSince
      const isPushed = state.time - state.streamGoodSince > RECOVERY_MS
      const promisedMs = isPushed ? PUSH_MS : goodMs > 2 * RECOVERY_MS ? MAX_AGE_MS : RECOVERY_MS
      const held = flags.peek(ANNA)?.version ?? 0
      if (goodMs >= RECOVERY_MS && world.ageOf(held) > promisedMs)
        throw new Error(
          `at ${state.time / 1000} s version ${held} is held, replaced ${world.ageOf(held)} ms ago, not ${promisedMs}\n${log.slice(-25).join('\n')}`,
        )
      const isStale = held !== state.version
      expect(isStale || flags.peekFlag(ANNA, 'on', !state.isOn) === state.isOn).toBe(true)
    }
    expect(new Set(service.requests.map(({ path }) => path))).toEqual(new Set(['/v1/snapshot']))
    expect(service.requests.length / MINUTES).toBeLessThan(MAX_REQUESTS_A_MINUTE)
    expect(service.requests.length / MINUTES).toBeGreaterThan(0.5)
    await flags.close()
    expect(vi.getTimerCount()).toBeLessThan(20) // answers of the world itself
  },
)
