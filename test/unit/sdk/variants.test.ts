import { describe, expect, it, vi } from 'vitest'
import {
  ANNA,
  answerJson,
  BUNDLE,
  clientOf,
  openPage,
  serviceOfEachTest,
  silence,
  unreachable,
} from '../../support/flags-service.ts'

const service = serviceOfEachTest()

const sent = () =>
  service.to('/v1/exposures').flatMap(({ body }) => body.exposures as { id: string }[])

const fail = () => {
  throw new Error('mine')
}

const bundleWith = (variant: string) => () => answerJson({ ...BUNDLE, variants: { test: variant } })

describe('assignVariant', () => {
  it('asks the service once for calls at the same time, and reuses the answer', async () => {
    const flags = clientOf(service)
    const answers = await Promise.all([1, 2, 3].map(() => flags.assignVariant(ANNA, 'test')))
    expect(answers).toEqual([
      { variant: 'A', isNew: true },
      { variant: 'A', isNew: false },
      { variant: 'A', isNew: false },
    ])
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: false })
    expect(service.to('/v1/experiments/test/assign')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(30_000)
    service.play.assign = () => answerJson({ variant: null, isNew: false })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: null, isNew: false })
  })

  it('asks for each user, and for nobody not at all', async () => {
    const flags = clientOf(service)
    await Promise.all([
      flags.assignVariant(ANNA, 'test'),
      flags.assignVariant({ userId: 'b' }, 'test'),
    ])
    expect(service.asked).toHaveLength(2)
    expect(await flags.assignVariant({}, 'test')).toEqual({ variant: null, isNew: false })
    expect(service.asked).toHaveLength(2)
  })

  it('falls back to the bundle, and logs the exposure itself', async () => {
    const flags = clientOf(service)
    await flags.getFlag(ANNA, 'on')
    service.play.assign = unreachable
    const answer = flags.assignVariant(ANNA, 'test')
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await answer).toEqual({ variant: 'A', isNew: false })
    await flags.assignVariant(ANNA, 'test')
    await flags.flush()
    expect(sent()).toMatchObject([{ experimentKey: 'test', variant: 'A', userId: 'anna' }])
  })

  it.each([
    unreachable,
    silence,
    () => answerJson({}, 500),
    () => answerJson({}, 404),
    () => new Response('<'),
  ])('is null when nothing is known, in time', async (fault) => {
    const flags = clientOf(service)
    service.play.assign = fault
    const answer = flags.assignVariant(ANNA, 'test')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await answer).toEqual({ variant: null, isNew: false })
    expect(flags.pending().waiting).toBe(0)
  })

  it('logs the exposure also when the experiment did not run the last time it was asked for', async () => {
    const flags = clientOf(service)
    service.play.assign = () => answerJson({ variant: null, isNew: false })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: null, isNew: false })
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(30_000)
    service.play.assign = () => answerJson({}, 404)
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: false })
    expect(flags.pending().waiting).toBe(1)
  })

  it('asks no service that was just away, and tells why an answer is missing', async () => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = clientOf(service, { onError })
    service.play.bundle = () => answerJson({}, 401)
    await flags.getFlag(ANNA, 'on')
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: null, isNew: false })
    expect(service.to('/v1/experiments/test/assign')).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await flags.assignVariant(ANNA, 'test')).variant).toBe('A')
    expect(onError).toHaveBeenCalledTimes(1)
    service.play.assign = () => answerJson({ variant: 'A', isNew: true }, 404)
    expect(await flags.assignVariant(ANNA, 'other')).toEqual({ variant: null, isNew: false })
    expect(onError).toHaveBeenCalledTimes(2)
  })

  it('leaves the service alone for as long as it asks, and reads of flags go on', async () => {
    const flags = clientOf(service)
    service.play.assign = () => answerJson({}, 429, { 'Retry-After': '60' })
    const users = ['a', 'b', 'c'].map((userId) => ({ userId }))
    for (const user of users) expect((await flags.assignVariant(user, 'test')).variant).toBeNull()
    expect(service.asked).toHaveLength(1)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    service.play.assign = () => answerJson({ variant: 'A', isNew: true })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: true })
  })

  it('never rejects, whatever the callbacks of the app do', async () => {
    const flags = clientOf(service, { maxBuffered: 0, onDrop: fail, onError: fail })
    await flags.getFlag(ANNA, 'on')
    service.play.assign = () => answerJson({}, 404)
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'A', isNew: false })
    expect(flags.track(ANNA, 'event.viewed')).toBe(false)
  })

  it('logs what the service could not: an assignment that is not durable', async () => {
    const flags = clientOf(service)
    service.play.assign = () => answerJson({ variant: 'B', isNew: false, sticky: false })
    expect(await flags.assignVariant(ANNA, 'test')).toEqual({ variant: 'B', isNew: false })
    await flags.flush()
    expect(sent()).toMatchObject([{ variant: 'B' }])
  })
})

describe('in mid-session', () => {
  it('a variant stays, whatever the service says later; another user has another', async () => {
    openPage()
    const flags = clientOf(service, { storage: null })
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    service.play.bundle = bundleWith('B')
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    }
    expect(flags.peek(ANNA)?.variants).toEqual({ test: 'B' })
    expect(await flags.getVariant({ ...ANNA, city: 'Delhi' }, 'test')).toBe('A')
    expect(await flags.getVariant({ userId: 'bert' }, 'test')).toBe('B')
    await flags.close()
  })

  it('none may become one, and one that was shown stays', async () => {
    openPage()
    const flags = clientOf(service, { storage: null })
    service.play.bundle = () => answerJson({ ...BUNDLE, variants: {} })
    expect(await flags.getVariant(ANNA, 'test')).toBeNull()
    flags.logExposure(ANNA, 'test', 'B')
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    await flags.close()
  })

  it('what nobody was shown is nobody else’s variant', async () => {
    openPage()
    const flags = clientOf(service, { storage: null, onDrop: () => {} })
    expect(flags.logExposure({}, 'test', 'Z')).toBe(false)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    await flags.close()
  })

  it('a server follows the service', async () => {
    const flags = clientOf(service)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    service.play.bundle = bundleWith('B')
    await vi.advanceTimersByTimeAsync(30_000)
    await flags.getVariant(ANNA, 'test')
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
  })
})
