import { describe, expect, it, vi } from 'vitest'
import type { FlagsStatus } from '../../../sdk/status.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  neverAnswers,
  stubEventSource,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('Client status', () => {
  it('goes from starting to ready, stale and offline, with ages and the last error', async () => {
    const flags = createTestClient(service)
    expect(flags.status()).toEqual({
      state: 'starting',
      ageMs: null,
      lastError: undefined,
      lastErrorAgeMs: null,
    })
    await flags.getFlag(ANNA, 'on')
    expect(flags.status()).toMatchObject({ state: 'ready', ageMs: 0 })
    await wait(31_000)
    expect(flags.status()).toMatchObject({ state: 'stale', ageMs: 31_000 })
    service.answers.bundle = unreachable
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await wait(2_000)
    const { state, ageMs, lastError, lastErrorAgeMs } = flags.status()
    expect([state, ageMs, lastError]).toEqual(['offline', 33_000, new TypeError('fetch failed')])
    expect(lastErrorAgeMs).toBeLessThan(2_000)
  })

  it('shows stale with a stored bundle until the service answers', async () => {
    const storage = memoryStorage()
    await createTestClient(service, { storage }).getFlag(ANNA, 'on')
    const flags = createTestClient(service, { storage })
    expect(flags.status(ANNA)).toMatchObject({ state: 'stale', ageMs: null })
    expect(await flags.refresh(ANNA)).toBe(true)
    expect(flags.status(ANNA).state).toBe('ready')
  })

  it('shows the worst state of the contexts in use', async () => {
    const flags = createTestClient(service)
    flags.subscribe(ANNA, () => {})
    await wait(0)
    service.answers.bundle = () => answerJson({}, 500)
    flags.subscribe({ userId: 'bert' }, () => {})
    await wait(2_000)
    expect(flags.status(ANNA).state).toBe('ready')
    expect(flags.status({ userId: 'bert' }).state).toBe('offline')
    expect(flags.status().state).toBe('offline')
    await flags.close()
  })

  it('goes from offline to ready when the stream verifies the values', async () => {
    const stream = stubEventSource()
    const flags = createTestClient(service, { stream: stream.EventSource })
    flags.subscribe(ANNA, () => {})
    await wait(0)
    service.answers.bundle = unreachable
    void flags.refresh(ANNA)
    await wait(2_000)
    expect(flags.status(ANNA).state).toBe('offline')
    stream.opened[0]?.heartbeat(BUNDLE.version)
    expect(flags.status(ANNA)).toEqual({
      state: 'ready',
      ageMs: 0,
      lastError: undefined,
      lastErrorAgeMs: null,
    })
    await flags.close()
  })

  it('adds the age of the answer at the edge, and loads again before both are 30 s old', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = () => answerJson(BUNDLE, 200, { 'X-Snapshot-Age': '20' })
    flags.subscribe(ANNA, () => {})
    await wait(0)
    expect(flags.status(ANNA)).toMatchObject({ state: 'ready', ageMs: 20_000 })
    expect(flags.verifiedAt(ANNA)).toBe(Date.now() - 20_000)
    service.answers.bundle = () => answerJson({ ...BUNDLE, version: 8, flags: { on: false } })
    await wait(9_000)
    expect(flags.status(ANNA).ageMs).toBeLessThan(9_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('shows stale and asks less often while the edge itself cannot verify its answers', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = () => answerJson(BUNDLE, 200, { 'X-Snapshot-Age': '300' })
    flags.subscribe(ANNA, () => {})
    await wait(0)
    expect(flags.status(ANNA)).toMatchObject({
      state: 'stale',
      ageMs: 300_000,
      lastError: undefined,
    })
    await wait(600_000)
    expect(service.requests.length).toBeLessThan(40)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await flags.close()
  })

  it('onStatus reports each change once, until it is stopped', async () => {
    const flags = createTestClient(service)
    const states: string[] = []
    const stop = flags.onStatus(({ state }: FlagsStatus) => states.push(state))
    flags.subscribe(ANNA, () => {})
    await wait(60_000)
    service.answers.bundle = unreachable
    await wait(30_000)
    service.answers.bundle = () => answerJson(BUNDLE)
    await wait(30_000)
    expect(states[0]).toBe('ready')
    expect(states.at(-1)).toBe('ready')
    expect(states.filter((state) => state === 'offline').length).toBeGreaterThanOrEqual(1)
    stop()
    const count = states.length
    service.answers.bundle = unreachable
    await wait(60_000)
    expect(states).toHaveLength(count)
    await flags.close()
  })

  it('ready() resolves true with the first values and false after the timeout', async () => {
    const flags = createTestClient(service)
    const before = flags.ready()
    void flags.getFlag(ANNA, 'on')
    await wait(0)
    expect(await before).toBe(true)
    expect(await flags.ready()).toBe(true)
    service.answers.bundle = neverAnswers
    const slow = createTestClient(service)
    const answers = Promise.all([slow.ready(), slow.ready(ANNA)])
    await wait(2_000)
    expect(await answers).toEqual([false, false])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('refresh() loads fresh values again, also during a backoff', async () => {
    const flags = createTestClient(service)
    await flags.getFlag(ANNA, 'on')
    service.answers.bundle = () => answerJson({ ...BUNDLE, version: 8, flags: { on: false } })
    expect(await flags.refresh()).toBe(true)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    service.answers.bundle = () => answerJson({}, 401)
    expect(await flags.refresh()).toBe(false)
    service.answers.bundle = () => answerJson({ ...BUNDLE, version: 9 })
    expect(await flags.refresh(ANNA)).toBe(true)
    expect(await createTestClient(service).refresh()).toBe(false)
  })
})
