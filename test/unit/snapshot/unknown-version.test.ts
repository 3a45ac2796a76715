import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { world } from '../../support/reader-world.ts'

beforeEach(() => vi.useFakeTimers({ now: 1_800_000_000_000 }))
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('Snapshot reader, when requests name versions that do not exist', () => {
  it('asks the Publisher at most eight times a second for any number of requests', async () => {
    const { state, ask, read } = world()
    await read()
    state.questions = 0
    const background: Promise<unknown>[] = []
    for (let ms = 0; ms < 10_000; ms += 10) {
      background.push(ask({ minVersion: 1_000_000 + ms }))
      await pass(10)
    }
    await pass(1_000)
    await Promise.all(background)
    expect(state.questions).toBeLessThanOrEqual(10 * 8)
  })

  it('finds a version that exists meanwhile within 300 ms', async () => {
    const { state, read } = world()
    await read()
    for (let version = 2; version < 40; version++) {
      await read({ minVersion: 999_999 })
      state.published = version
      const answer = await read({ minVersion: version })
      expect(answer.version).toBe(version)
      expect(answer.waitedMs).toBeLessThanOrEqual(300)
    }
  })
})
