import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSingleFlight } from '../../../worker/lib/single-flight.ts'

const JOINABLE_MS = 1_000

/** Work that ends when the test says so. */
const createWork = () => {
  const runs: PromiseWithResolvers<string>[] = []
  const work = () => {
    const run = Promise.withResolvers<string>()
    runs.push(run)
    return run.promise
  }
  return { runs, flight: createSingleFlight(work, JOINABLE_MS) }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('createSingleFlight', () => {
  it('shares one run between callers that come while it is under way', async () => {
    const { runs, flight } = createWork()
    const both = Promise.all([flight.run(), flight.run()])
    runs[0]?.resolve('answer')
    expect(await both).toEqual(['answer', 'answer'])
    expect(runs).toHaveLength(1)
  })

  it('starts another run after the first has ended', async () => {
    const { runs, flight } = createWork()
    const first = flight.run()
    runs[0]?.resolve('first')
    await first
    const second = flight.run()
    runs[1]?.resolve('second')
    expect(await second).toBe('second')
  })

  it('fails every caller of a run that fails, and then starts another', async () => {
    const { runs, flight } = createWork()
    const both = [flight.run(), flight.run()]
    runs[0]?.reject(new Error('down'))
    for (const each of both) await expect(each).rejects.toThrow('down')
    expect(flight.isRunning()).toBe(false)
    const next = flight.run()
    runs[1]?.resolve('up')
    expect(await next).toBe('up')
  })

  it('starts another run when the first one hangs', async () => {
    const { runs, flight } = createWork()
    void flight.run()
    vi.advanceTimersByTime(JOINABLE_MS - 1)
    expect(flight.isRunning()).toBe(true)
    vi.advanceTimersByTime(1)
    expect(flight.isRunning()).toBe(false)
    const next = flight.run()
    runs[1]?.resolve('second')
    expect(await next).toBe('second')
  })

  it('keeps the second run when the run that hung ends after all', async () => {
    const { runs, flight } = createWork()
    const first = flight.run()
    vi.advanceTimersByTime(JOINABLE_MS)
    void flight.run()
    runs[0]?.resolve('late')
    expect(await first).toBe('late')
    expect(flight.isRunning()).toBe(true)
    void flight.run()
    expect(runs).toHaveLength(2)
  })

  it('starts another run when a caller has abandoned the first one', async () => {
    const { runs, flight } = createWork()
    const first = flight.run()
    flight.abandon(first)
    const next = flight.run()
    flight.abandon(first)
    expect(flight.isRunning()).toBe(true)
    runs[1]?.resolve('second')
    expect(await next).toBe('second')
  })

  it('starts another run when the clock was set back', () => {
    const { runs, flight } = createWork()
    void flight.run()
    vi.setSystemTime(Date.now() - 60_000)
    void flight.run()
    expect(runs).toHaveLength(2)
  })
})
