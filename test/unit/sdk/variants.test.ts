import { describe, expect, it, vi } from 'vitest'
import { createDailyFilter } from '../../../sdk/daily.ts'
import { readOptions } from '../../../sdk/options.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  stubPage,
  useFakeService,
  neverAnswers,
  unreachable,
} from '../../support/flags-service.ts'

const service = useFakeService()

const getExposures = () =>
  service.requestsTo('/v1/exposures').flatMap(({ body }) => body.exposures as { id: string }[])

const fail = () => {
  throw new Error('mine')
}

const bundleWith = (variant: string) => () => answerJson({ ...BUNDLE, variants: { test: variant } })

describe('assignVariant', () => {
  it('sends one request for concurrent calls and reuses the answer for 30 s', async () => {
    const flags = createTestClient(service)
    const answers = await Promise.all([1, 2, 3].map(() => flags.assignVariant(ANNA, 'test')))
    expect(answers).toEqual([
      { variant: 'A', isNew: true },
      { variant: 'A', isNew: false },
      { variant: 'A', isNew: false },
    ])
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: false })
    expect(service.requestsTo('/v1/experiments/test/assign')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(30_000)
    service.answers.assign = () => answerJson({ variant: null, isNew: false })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: null, isNew: false })
  })

  it('sends one request a user, and none without a user id', async () => {
    const flags = createTestClient(service)
    await Promise.all([
      flags.assignVariant(ANNA, 'test'),
      flags.assignVariant({ userId: 'b' }, 'test'),
    ])
    expect(service.requests).toHaveLength(2)
    expect(await flags.assignVariant({}, 'test')).toEqual({ variant: null, isNew: false })
    expect(service.requests).toHaveLength(2)
  })

  it('falls back to the bundle and logs the exposure when the service is away', async () => {
    const flags = createTestClient(service)
    await flags.getFlag(ANNA, 'on')
    service.answers.assign = unreachable
    const answer = flags.assignVariant(ANNA, 'test')
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await answer).toEqual({ variant: 'A', isNew: false })
    await flags.assignVariant(ANNA, 'test')
    await flags.flush()
    expect(getExposures()).toMatchObject([{ experimentKey: 'test', variant: 'A', userId: 'anna' }])
  })

  it.each([
    unreachable,
    neverAnswers,
    () => answerJson({}, 500),
    () => answerJson({}, 404),
    () => new Response('<'),
  ])('returns null within the timeout without an answer and a bundle', async (fault) => {
    const flags = createTestClient(service)
    service.answers.assign = fault
    const answer = flags.assignVariant(ANNA, 'test')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await answer).toEqual({ variant: null, isNew: false })
    expect(flags.pending().waiting).toBe(0)
  })

  it('logs the exposure of a fallback after an answer of null', async () => {
    const flags = createTestClient(service)
    service.answers.assign = () => answerJson({ variant: null, isNew: false })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: null, isNew: false })
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(30_000)
    service.answers.assign = () => answerJson({}, 404)
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: false })
    expect(flags.pending().waiting).toBe(1)
  })

  it('sends no request during a backoff, and reports failures to onError', async () => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = createTestClient(service, { onError })
    service.answers.bundle = () => answerJson({}, 401)
    await flags.getFlag(ANNA, 'on')
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: null, isNew: false })
    expect(service.requestsTo('/v1/experiments/test/assign')).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await flags.assignVariant(ANNA, 'test')).variant).toBe('A')
    expect(onError).toHaveBeenCalledTimes(1)
    service.answers.assign = () => answerJson({ variant: 'A', isNew: true }, 404)
    expect(await flags.assignVariant(ANNA, 'other')).toEqual({ variant: null, isNew: false })
    expect(onError).toHaveBeenCalledTimes(2)
  })

  it('waits for Retry-After while reads of flags go on', async () => {
    const flags = createTestClient(service)
    service.answers.assign = () => answerJson({}, 429, { 'Retry-After': '60' })
    const users = ['a', 'b', 'c'].map((userId) => ({ userId }))
    for (const user of users) expect((await flags.assignVariant(user, 'test')).variant).toBeNull()
    expect(service.requests).toHaveLength(1)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    service.answers.assign = () => answerJson({ variant: 'A', isNew: true })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: true })
  })

  it('resolves when the callbacks of the app throw', async () => {
    const flags = createTestClient(service, { maxBuffered: 0, onDrop: fail, onError: fail })
    await flags.getFlag(ANNA, 'on')
    service.answers.assign = () => answerJson({}, 404)
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: false })
    expect(flags.track(ANNA, 'event.viewed')).toBe(false)
  })

  it('logs the exposure of an assignment that is not durable', async () => {
    const flags = createTestClient(service)
    service.answers.assign = () => answerJson({ variant: 'B', isNew: false, sticky: false })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'B', isNew: false })
    await flags.flush()
    expect(getExposures()).toMatchObject([{ variant: 'B' }])
  })
})

describe('Variants during a session', () => {
  it('a page keeps the first variant of each user', async () => {
    stubPage()
    const flags = createTestClient(service, { storage: null })
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    service.answers.bundle = bundleWith('B')
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    }
    expect(flags.peek(ANNA)?.variants).toEqual({ test: 'B' })
    expect(await flags.getVariant({ ...ANNA, city: 'Delhi' }, 'test')).toBe('A')
    expect(await flags.getVariant({ userId: 'bert' }, 'test')).toBe('B')
    await flags.close()
  })

  it('a page replaces null by a variant and keeps a variant it logged', async () => {
    stubPage()
    const flags = createTestClient(service, { storage: null })
    service.answers.bundle = () => answerJson({ ...BUNDLE, variants: {} })
    expect(await flags.getVariant(ANNA, 'test')).toBeNull()
    flags.logExposure(ANNA, 'test', 'B')
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    await flags.close()
  })

  it('an exposure without a user id changes no variant', async () => {
    stubPage()
    const flags = createTestClient(service, { storage: null, onDrop: () => {} })
    expect(flags.logExposure({}, 'test', 'Z')).toBe(false)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    await flags.close()
  })

  it('a server returns the current variant of the service', async () => {
    const flags = createTestClient(service)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    service.answers.bundle = bundleWith('B')
    await vi.advanceTimersByTimeAsync(30_000)
    await flags.getVariant(ANNA, 'test')
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
  })
})

const sendDaily = async (...logged: [userId: string, experiment: string, variant: string][]) => {
  const flags = createTestClient(service, { dailyExposures: true })
  const kept = logged.map(([userId, key, variant]) => flags.logExposure({ userId }, key, variant))
  await flags.close()
  return kept
}

describe('dailyExposures', () => {
  const DAY = 86_400_000
  it('sends one exposure for each user, experiment and variant, and says that each is kept', async () => {
    expect(
      await sendDaily(
        ['anna', 'test', 'A'],
        ['anna', 'test', 'A'],
        ['anna', 'test', 'B'],
        ['anna', 'other', 'A'],
        ['bert', 'test', 'A'],
      ),
    ).toEqual([true, true, true, true, true])
    expect(getExposures()).toHaveLength(4)
    expect(new Set(getExposures().map(({ id }) => id)).size).toBe(4)
  })

  it('gives the exposure the same id in another process, and another id the next day', async () => {
    await sendDaily(['anna', 'test', 'A'])
    await sendDaily(['anna', 'test', 'A'])
    vi.setSystemTime(Date.now() + DAY)
    await sendDaily(['anna', 'test', 'A'])
    const [first, second, third] = getExposures().map(({ id }) => id)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    expect(first?.length).toBeLessThanOrEqual(100)
  })

  it('sends the exposure again when the outbox had no room for it', async () => {
    const options = { dailyExposures: true, maxBuffered: 1, onDrop: () => {} }
    const flags = createTestClient(service, options)
    expect(flags.logExposure(ANNA, 'test', 'A')).toBe(true)
    expect(flags.logExposure(ANNA, 'other', 'A')).toBe(false)
    await flags.flush()
    expect(flags.logExposure(ANNA, 'other', 'A')).toBe(true)
    await flags.close()
    expect(getExposures()).toHaveLength(2)
  })

  it('gives 20,000 users with similar names ids that all differ', () => {
    const settings = readOptions({ url: 'https://flags.test', key: 'k', dailyExposures: true })
    const filter = createDailyFilter(settings)
    const ids = new Set<string | undefined>()
    for (let index = 0; index < 20_000; index++)
      filter({ userId: `u-${index.toString(36)}`, experimentKey: 'test', variant: 'A' }, ({ id }) =>
        Boolean(ids.add(id)),
      )
    expect(ids.size).toBe(20_000)
  })

  it('sends each exposure by default', async () => {
    const flags = createTestClient(service)
    for (let times = 0; times < 3; times++) flags.logExposure(ANNA, 'test', 'A')
    await flags.close()
    expect(getExposures()).toHaveLength(3)
  })
})
