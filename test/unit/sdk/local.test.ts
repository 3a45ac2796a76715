import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FlagsOptions } from '../../../sdk/options.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  neverAnswers,
  SNAPSHOT,
  stubEventSource,
  stubPage,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const warn = vi.spyOn(console, 'warn')
beforeEach(() => warn.mockImplementation(() => {}))
afterEach(() => warn.mockReset())

const createLocal = (options: Partial<FlagsOptions> = {}) =>
  createTestClient(service, {
    key: 'flags_server_test',
    evaluation: 'local',
    stream: false,
    ...options,
  })

/** A client that holds the snapshot. */
const openLocal = async (options: Partial<FlagsOptions> = {}) => {
  const flags = createLocal(options)
  expect(await flags.refresh()).toBe(true)
  return flags
}

/** Publishes a version in which the flag `on` is off. */
const setOff = (version = 8) => {
  const [on, ...others] = SNAPSHOT.flags
  const flags = [{ ...on, enabled: false }, ...others]
  service.answers.snapshot = () => answerJson({ ...SNAPSHOT, version, flags })
}

const [test] = SNAPSHOT.experiments
const setExperiment = (change: object, version = 8) => {
  service.answers.snapshot = () =>
    answerJson({ ...SNAPSHOT, version, experiments: [{ ...test, ...change }] })
}

describe('Local evaluation', () => {
  it('answers 1,000 users at once with one request for the snapshot', async () => {
    const flags = createLocal()
    const users = Array.from({ length: 1_000 }, (_, index) => ({ userId: `u-${index}` }))
    const answers = await Promise.all(
      users.flatMap((user) => [flags.getFlag(user, 'on'), flags.getVariant(user, 'test')]),
    )
    expect(new Set(answers)).toEqual(new Set([true, 'A']))
    expect(service.requests.map(({ path }) => path)).toEqual(['/v1/snapshot'])
    expect(flags.status()).toMatchObject({ state: 'ready', ageMs: 0 })
    await flags.close()
  })

  it('sends no request before the first use', async () => {
    const flags = createLocal()
    await wait(60_000)
    expect(service.requests).toEqual([])
    expect(flags.status().state).toBe('starting')
    await flags.close()
  })

  it('ready() loads the snapshot and waits for it', async () => {
    const flags = createLocal()
    expect(await flags.ready()).toBe(true)
    expect(flags.peekFlag(ANNA, 'on')).toBe(true)
    await flags.close()
  })

  it('gives every call the values of the snapshot', async () => {
    const flags = await openLocal()
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.getFlag(ANNA, 'off', true)).toBe(false)
    expect(await flags.getFlag(ANNA, 'unknown', true)).toBe(true)
    expect(flags.peekFlag(ANNA, 'on')).toBe(true)
    expect(flags.peekFlag(ANNA, 'unknown', true)).toBe(true)
    expect(await flags.getAllFlags(ANNA)).toEqual(BUNDLE.flags)
    expect(await flags.getBundle(ANNA)).toEqual(BUNDLE)
    expect(flags.peek(ANNA)).toBe(flags.peek(ANNA))
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(await flags.getVariant(ANNA, 'unknown')).toBeNull()
    expect(flags.verifiedAt(ANNA)).toBe(Date.now())
    expect(await flags.ready()).toBe(true)
    expect(service.requests).toHaveLength(1)
    await flags.close()
  })

  it('returns defaults within the timeout, and values later, when the snapshot is slow', async () => {
    const flags = createLocal()
    service.answers.snapshot = () =>
      new Promise((resolve) => setTimeout(() => resolve(answerJson(SNAPSHOT)), 5_000))
    const read = flags.getFlag(ANNA, 'off', true)
    const isReady = flags.ready()
    await wait(2_000)
    expect([await read, await isReady]).toEqual([true, false])
    await wait(3_000)
    expect(await flags.getFlag(ANNA, 'off', true)).toBe(false)
    await flags.close()
  })

  it.each([
    ['an outage', unreachable],
    ['a hanging service', neverAnswers],
    ['an error', () => answerJson({}, 500)],
    ['another document', () => answerJson({ hello: 1 })],
    ['a bundle', () => answerJson(BUNDLE)],
    ['no JSON', () => new Response('<html>')],
  ])('keeps the last snapshot during %s and reports it', async (_, answer) => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = await openLocal({ onError })
    service.answers.snapshot = answer
    await wait(120_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(onError).toHaveBeenCalled()
    expect(flags.status().state).toBe('offline')
    expect(flags.status().ageMs).toBeGreaterThan(60_000)
    setOff()
    await wait(45_000)
    expect(flags.peekFlag(ANNA, 'on')).toBe(false)
    expect(flags.status().state).toBe('ready')
    await flags.close()
  })

  it('answers at once from the last snapshot while requests hang', async () => {
    const flags = await openLocal({ waitUntil: () => {} })
    service.answers.snapshot = neverAnswers
    vi.setSystemTime(Date.now() + 60_000)
    const first = flags.getFlag(ANNA, 'on')
    await wait(2_000)
    expect(await first).toBe(true)
    await wait(60_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await flags.close()
  })

  it('refuses a snapshot of a newer format and says what to do', async () => {
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, format: 2 })
    const flags = createLocal()
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    expect(flags.status().lastError).toMatchObject({
      message: expect.stringContaining('update @indietix/flags'),
    })
    await flags.close()
  })

  it('returns defaults with a client key, and warns what is needed', async () => {
    const errorDetails = 'the snapshot has the rules of all flags: send a server key'
    service.answers.snapshot = () => answerJson({ errorCode: 'FORBIDDEN', errorDetails }, 403)
    const onError = vi.fn<(error: unknown) => void>()
    const flags = createLocal({ onError })
    expect(await flags.getFlag(ANNA, 'on', true)).toBe(true)
    expect(await flags.ready(ANNA)).toBe(false)
    expect(onError).toHaveBeenCalled()
    expect(warn.mock.calls).toEqual([[expect.stringContaining('send a server key')]])
    await flags.close()
  })

  it('evaluates at the service in a page, and warns', async () => {
    stubPage()
    const onError = vi.fn<(error: unknown) => void>()
    const flags = createLocal({ onError, storage: null })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.requests.map(({ path }) => path)).toEqual(['/v1/bundle'])
    expect(onError).toHaveBeenCalledOnce()
    expect(warn.mock.calls).toEqual([[expect.stringContaining('needs a server key')]])
    await flags.close()
  })

  it('treats a context that the service refuses as it does', async () => {
    const flags = await openLocal()
    const refused = { userId: 'x'.repeat(257) }
    expect(await flags.getFlag(refused, 'off', true)).toBe(true)
    expect(await flags.getAllFlags(refused)).toEqual({})
    expect(warn.mock.calls).toEqual([[expect.stringContaining('userId: send at most 256')]])
    await flags.close()
  })

  it('leaves a flag with rules of a newer service at its default, and says what to do', async () => {
    const newer = { key: 'newer', enabled: true, rollout: 100, rules: { planets: ['Mars'] } }
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, flags: [...SNAPSHOT.flags, newer] })
    const flags = await openLocal()
    expect(flags.peekFlag(ANNA, 'newer')).toBe(false)
    expect(flags.peekFlag(ANNA, 'newer', true)).toBe(true)
    expect(flags.peekFlag(ANNA, 'on')).toBe(true)
    expect(warn.mock.calls).toEqual([[expect.stringContaining('update @indietix/flags')]])
    await flags.close()
  })

  it('treats an attribute of a condition as the service does', async () => {
    const where = [{ attribute: 'plan', operator: 'in', values: ['pro'] }]
    const pro = { key: 'pro', enabled: true, rollout: 100, rules: { where } }
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, flags: [pro] })
    const flags = await openLocal()
    expect(flags.peekFlag({ ...ANNA, plan: 'pro' }, 'pro')).toBe(true)
    expect(flags.peekFlag({ ...ANNA, plan: 'free' }, 'pro', true)).toBe(false)
    expect(await flags.getAllFlags({ ...ANNA, plan: 'x'.repeat(257) })).toEqual({})
    const hostile = Object.defineProperty({ plan: 'pro' }, 'city', {
      enumerable: true,
      get: () => {
        throw new Error('hostile')
      },
    })
    expect(flags.peekFlag(hostile, 'pro')).toBe(true)
    await flags.close()
  })

  it('evaluates segments as the service does', async () => {
    const where = [{ operator: 'inSegment', values: ['beta'] }]
    const plan = { attribute: 'plan', operator: 'in', values: ['pro'] }
    const beta = { key: 'beta', include: ['u-1'], exclude: ['u-2'], conditions: [plan] }
    const forBeta = { key: 'for.beta', enabled: true, rollout: 100, rules: { where } }
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, flags: [forBeta], segments: [beta] })
    const flags = await openLocal()
    expect(flags.peekFlag({ userId: 'u-1' }, 'for.beta')).toBe(true)
    expect(flags.peekFlag({ userId: 'u-2', plan: 'pro' }, 'for.beta', true)).toBe(false)
    expect(flags.peekFlag({ userId: 'u-3', plan: 'pro' }, 'for.beta')).toBe(true)
    expect(await flags.getAllFlags({ userId: 'u-3' })).toEqual({ 'for.beta': false })
    expect(await flags.getAllFlags({ userId: 'u-3', plan: 'x'.repeat(257) })).toEqual({})
    await flags.close()
  })

  it('keeps as many user hashes as maxContexts allows, and answers beyond that', async () => {
    const flags = await openLocal({ maxContexts: 2 })
    const users = Array.from({ length: 50 }, (_, index) => ({ userId: index }))
    for (const user of [...users, ...users]) expect(await flags.getFlag(user, 'on')).toBe(true)
    await flags.close()
  })
})

describe('Freshness of local evaluation', () => {
  it('follows a change within 30 s without a stream, with one request in 27 s', async () => {
    const flags = await openLocal()
    await wait(10_000)
    setOff()
    await wait(20_000)
    expect(flags.peekFlag(ANNA, 'on')).toBe(false)
    await wait(600_000)
    expect(service.requests.length).toBeLessThanOrEqual(26)
    await flags.close()
  })

  it('adds the age of the snapshot at the edge to its own', async () => {
    service.answers.snapshot = () => answerJson(SNAPSHOT, 200, { 'X-Snapshot-Age': '20' })
    const flags = await openLocal()
    expect(flags.status()).toMatchObject({ state: 'ready', ageMs: 20_000 })
    setOff()
    await wait(10_000)
    expect(flags.peekFlag(ANNA, 'on')).toBe(false)
    await flags.close()
  })

  it('sends the ETag, and takes the version of a 304 without a new compilation', async () => {
    const etag = 'W/"1"'
    service.answers.snapshot = () => answerJson(SNAPSHOT, 200, { ETag: etag })
    const flags = await openLocal()
    service.answers.snapshot = () => answerJson(null, 304, { 'X-Snapshot-Version': '9' })
    await flags.refresh()
    expect(service.requests.at(-1)?.headers.get('If-None-Match')).toBe(etag)
    expect(flags.peek(ANNA)).toEqual({ ...BUNDLE, version: 9 })
    await flags.refresh()
    expect(service.requests.at(-1)?.query.get('minVersion')).toBe('9')
    await flags.close()
  })

  it('follows a change at once with a stream, and asks 15 times an hour', async () => {
    const stream = stubEventSource()
    const flags = await openLocal({ stream: stream.EventSource })
    expect(stream.opened.map(({ url }) => url)).toEqual([`https://flags.test${SNAPSHOT.stream}`])
    for (let second = 0; second < 3_600; second += 25) {
      await wait(25_000)
      stream.opened[0]?.heartbeat(SNAPSHOT.version)
    }
    expect(service.requests.length).toBeLessThanOrEqual(15)
    expect(flags.status().state).toBe('ready')
    setOff()
    stream.opened[0]?.announce(8)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    await flags.close()
  })

  it('polls while the stream is refused', async () => {
    const stream = stubEventSource()
    const flags = await openLocal({ stream: stream.EventSource })
    stream.open()[0]?.fail()
    setOff()
    await wait(29_000)
    expect(flags.peekFlag(ANNA, 'on')).toBe(false)
    await flags.close()
  })

  it('never goes back in version', async () => {
    setOff(8)
    const flags = await openLocal()
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, version: 7 })
    await wait(120_000)
    expect(flags.peekFlag(ANNA, 'on', true)).toBe(false)
    await flags.close()
  })

  it('asks before it answers after a process was frozen', async () => {
    const flags = await openLocal()
    setOff()
    // The clock moves and no timer fires, as after a pause of the whole process.
    vi.setSystemTime(Date.now() + 3_600_000)
    expect(await flags.getFlag(ANNA, 'on', true)).toBe(false)
    await flags.close()
  })

  it('sends no ETag of an older value after an answer without one', async () => {
    service.answers.snapshot = () => answerJson(SNAPSHOT, 200, { ETag: 'W/"1"' })
    const flags = await openLocal()
    setOff()
    await flags.refresh()
    await flags.refresh()
    expect(service.requests.at(-1)?.headers.get('If-None-Match')).toBeNull()
    await flags.close()
  })

  it('looks at the age at each read in a Worker, without timers and streams', async () => {
    const flags = createLocal({ waitUntil: () => {}, stream: true })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
    setOff()
    vi.advanceTimersByTime(29_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    vi.advanceTimersByTime(1_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    expect(service.requests).toHaveLength(2)
    await flags.close()
  })

  it('calls a subscriber after changes of its values only', async () => {
    const flags = await openLocal()
    const listener = vi.fn<() => void>()
    const stop = flags.subscribe(ANNA, listener)
    await wait(60_000)
    expect(listener).not.toHaveBeenCalled()
    setOff()
    await wait(30_000)
    expect(listener).toHaveBeenCalledOnce()
    stop()
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, version: 10 })
    await wait(30_000)
    expect(listener).toHaveBeenCalledOnce()
    await flags.close()
  })

  it('leaves no timer after close', async () => {
    const flags = await openLocal()
    await flags.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('Experiments with local evaluation', () => {
  it('starts and stops by the clock, without a request', async () => {
    const start = Date.now() + 5_000
    setExperiment({ startAt: start, stopAt: start + 5_000 })
    const flags = await openLocal()
    expect(await flags.getVariant(ANNA, 'test')).toBeNull()
    await wait(5_000)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(flags.peek(ANNA)?.variants).toEqual({ test: 'A' })
    await wait(5_000)
    expect(await flags.getVariant(ANNA, 'test')).toBeNull()
    expect(service.requests).toHaveLength(1)
    await flags.close()
  })

  it.each([
    ['weights changed', { isBucketed: false }],
    ['sign-ins brought variants', { hasInherited: true }],
  ])('asks the service for the variants of an experiment whose %s', async (_, change) => {
    setExperiment(change)
    service.answers.bundle = () => answerJson({ ...BUNDLE, variants: { test: 'B', other: 'X' } })
    const flags = await openLocal()
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(flags.peek(ANNA)?.variants).toEqual({})
    expect(service.requestsTo('/v1/bundle')).toHaveLength(0)
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    expect((await flags.getBundle(ANNA))?.variants).toEqual({ test: 'B' })
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    expect(service.requestsTo('/v1/bundle')).toHaveLength(1)
    await flags.close()
  })

  it('shows a tester the chosen variant, and a user who is left out none', async () => {
    setExperiment({ status: 'PAUSED', testers: [['anna', 'B']] })
    const flags = await openLocal()
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    expect(await flags.getVariant({ userId: 'bert' }, 'test')).toBeNull()
    setExperiment({ isBucketed: false, leftOut: ['anna'] }, 9)
    await flags.refresh()
    expect(await flags.getVariant(ANNA, 'test')).toBeNull()
    expect(service.requestsTo('/v1/bundle')).toHaveLength(0)
    await flags.close()
  })

  it('evaluates a visitor before sign-in without the service', async () => {
    setExperiment({ hasInherited: true })
    const flags = await openLocal()
    expect(await flags.getVariant({ userId: 'v-1', anonymous: true }, 'test')).toBe('A')
    expect(service.requests).toHaveLength(1)
    await flags.close()
  })

  it('returns null for such a variant while the service is away', async () => {
    setExperiment({ isBucketed: false })
    const flags = await openLocal()
    service.answers.bundle = unreachable
    const read = flags.getVariant(ANNA, 'test')
    await wait(2_000)
    expect(await read).toBeNull()
    await flags.close()
  })

  it('assigns through the service, and from the snapshot while it is away', async () => {
    const flags = await openLocal()
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: true })
    expect(service.requestsTo('/v1/experiments/test/assign')).toHaveLength(1)
    service.answers.assign = unreachable
    const bert = flags.assignVariant({ userId: 'bert' }, 'test')
    await wait(2_000)
    expect(await bert).toEqual({ variant: 'A', isNew: false })
    await flags.flush()
    expect(service.requestsTo('/v1/exposures')[0]?.body['exposures']).toMatchObject([
      { userId: 'bert', experimentKey: 'test', variant: 'A' },
    ])
    await flags.close()
  })
})
