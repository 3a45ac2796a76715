import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeError } from '../../../worker/lib/describe-error.ts'
import { elapsedSince } from '../../../worker/lib/elapsed.ts'
import { perIsolate } from '../../../worker/lib/per-isolate.ts'
import { withDeadline } from '../../../worker/lib/with-deadline.ts'

describe('elapsedSince', () => {
  it('returns the milliseconds since an instant', () => {
    expect(elapsedSince(1_000, 1_250)).toBe(250)
    expect(elapsedSince(1_000, 1_000)).toBe(0)
  })

  it('returns infinity when the clock was set back behind the instant', () => {
    expect(elapsedSince(1_000, 999)).toBe(Number.POSITIVE_INFINITY)
  })

  it('returns infinity for an instant that never was', () => {
    expect(elapsedSince(Number.NEGATIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('perIsolate', () => {
  it('creates one value for each env', () => {
    const created: string[] = []
    const get = perIsolate((env: { readonly name: string }) => {
      created.push(env.name)
      return { name: env.name }
    })
    const [one, other] = [{ name: 'one' }, { name: 'other' }]
    expect(get(one)).toBe(get(one))
    expect(get(other)).toEqual({ name: 'other' })
    expect(created).toEqual(['one', 'other'])
  })
})

describe('withDeadline', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('resolves like work that ends in time, and leaves no timer behind', async () => {
    expect(await withDeadline(Promise.resolve('done'), 100)).toBe('done')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('rejects like work that fails in time', async () => {
    await expect(withDeadline(Promise.reject(new Error('down')), 100)).rejects.toThrow('down')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('rejects when work takes longer than the deadline', async () => {
    const result = withDeadline(new Promise(() => {}), 100).catch(describeError)
    await vi.advanceTimersByTimeAsync(100)
    expect(await result).toBe('no answer within 100 ms')
  })
})
