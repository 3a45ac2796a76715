import { describe, expect, it, vi } from 'vitest'
import type { Dropped } from '../../../sdk/outbox.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  clientOf,
  memoryStorage,
  openPage,
  serviceOfEachTest,
  silence,
  takeAll,
  unreachable,
  type Asked,
} from '../../support/flags-service.ts'

const service = serviceOfEachTest()

type Sent = { id: string; userId: string; ts?: number; type?: string; variant?: string }
const itemsOf = ({ path, body }: Asked) => body[path.slice(4)] as Sent[]
const batches = () => service.asked.filter(({ path }) => /exposures|events/.test(path))
const sent = () => batches().flatMap(itemsOf)
const refusing = (errorCode: string) => (asked: Asked) =>
  answerJson(
    {
      accepted: 0,
      duplicates: 0,
      rejected: itemsOf(asked).map(({ id }) => ({ id, errorCode })),
    },
    202,
  )

describe('exposures and events', () => {
  it('go together after a second, each with an id and its time', async () => {
    const flags = clientOf(service)
    expect(flags.logExposure(ANNA, 'test', 'A')).toBe(true)
    expect(flags.track({ targetingKey: 'bert' }, 'booking.confirmed')).toBe(true)
    flags.logExposure(ANNA, 'other', 'B')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(batches().map(({ path }) => path)).toEqual(['/v1/exposures', '/v1/events'])
    expect(sent()).toEqual([
      {
        id: expect.any(String),
        experimentKey: 'test',
        userId: 'anna',
        variant: 'A',
        ts: Date.now() - 1_000,
      },
      {
        id: expect.any(String),
        experimentKey: 'other',
        userId: 'anna',
        variant: 'B',
        ts: Date.now() - 1_000,
      },
      { id: expect.any(String), type: 'booking.confirmed', userId: 'bert', ts: Date.now() - 1_000 },
    ])
    expect(new Set(sent().map(({ id }) => id)).size).toBe(3)
    expect(batches().map(({ keepalive }) => keepalive)).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(batches()).toHaveLength(2)
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 0 })
  })

  it.each([
    ['cannot be reached', unreachable],
    ['never answers', silence],
    ['answers 500', () => answerJson({}, 500)],
    ['answers 503', () => answerJson({}, 503, { 'Retry-After': '1' })],
    ['answers 401', () => answerJson({}, 401)],
    ['answers 404', () => new Response('no such page', { status: 404 })],
    ['is a wifi that wants a password', () => new Response('<html>', { status: 200 })],
    ['answers half a body', () => new Response('{"accepted":1,', { status: 202 })],
    ['counts something else', () => answerJson({ accepted: 0, duplicates: 0, rejected: [] }, 202)],
  ])('wait when the service %s, and go with the ids they have', async (_, fault) => {
    const flags = clientOf(service)
    service.play.batch = fault
    flags.logExposure(ANNA, 'test', 'A')
    await vi.advanceTimersByTimeAsync(100_000)
    const tries = sent()
    expect(tries.length).toBeGreaterThan(2)
    expect(tries.length).toBeLessThan(12)
    expect(flags.pending()).toEqual({ waiting: 1, dropped: 0 })
    service.play.batch = takeAll
    await vi.advanceTimersByTimeAsync(120_000)
    expect(new Set(sent().map(({ id }) => id)).size).toBe(1)
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 0 })
  })

  it('go within a second as before, when the service is back', async () => {
    const flags = clientOf(service)
    service.play.batch = unreachable
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(60_000)
    service.play.batch = takeAll
    expect(await flags.flush()).toBe(true)
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(flags.pending().waiting).toBe(0)
  })

  it('wait for as long as the service asks', async () => {
    const flags = clientOf(service)
    service.play.batch = () => answerJson({}, 429, { 'Retry-After': '300' })
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(299_000)
    expect(batches()).toHaveLength(1)
    expect(await flags.flush()).toBe(false)
    expect(batches()).toHaveLength(1)
    service.play.batch = takeAll
    await vi.advanceTimersByTimeAsync(3_000)
    expect(flags.pending().waiting).toBe(0)
  })

  it('wait in peace when the service asks for longer than timers last', async () => {
    const flags = clientOf(service)
    service.play.batch = () =>
      answerJson({}, 503, { 'Retry-After': 'Fri, 31 Dec 9999 23:59:59 GMT' })
    flags.track(ANNA, 'event.viewed')
    await flags.flush()
    const setTimer = vi.spyOn(globalThis, 'setTimeout')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(setTimer).not.toHaveBeenCalled()
    expect(batches()).toHaveLength(1)
  })

  it('wait also when the service refuses what it was not sent', async () => {
    const flags = clientOf(service)
    service.play.batch = () => answerJson({ accepted: 0, duplicates: 0, rejected: [null] }, 202)
    flags.track(ANNA, 'event.viewed')
    await expect(flags.flush()).resolves.toBeTypeOf('boolean')
  })

  it('go at once when they are flushed, and flush tells whether all are gone', async () => {
    const flags = clientOf(service)
    flags.track(ANNA, 'event.viewed')
    service.play.batch = unreachable
    expect(await flags.flush()).toBe(false)
    service.play.batch = takeAll
    expect(await Promise.all([flags.flush(), flags.flush()])).toEqual([true, true])
    expect(batches()).toHaveLength(2)
    expect(await clientOf(service).flush()).toBe(true)
  })

  it('go in batches of 500 items and 256 KB at most', async () => {
    const flags = clientOf(service, { maxBuffered: 5_000 })
    for (let index = 0; index < 1_001; index++) flags.track(ANNA, 'event.viewed')
    await flags.flush()
    expect(batches().map((batch) => itemsOf(batch).length)).toEqual([500, 500, 1])
    const userId = '😀'.repeat(250)
    for (let index = 0; index < 400; index++) flags.track({ userId }, 'event.viewed')
    await flags.flush()
    const sizes = batches().map(({ body }) => new TextEncoder().encode(JSON.stringify(body)).length)
    expect(Math.max(...sizes)).toBeLessThan(256 * 1024)
    expect(sent()).toHaveLength(1_401)
  })

  it('that nobody can read are found, dropped and reported; the others go', async () => {
    const dropped: Dropped[] = []
    const flags = clientOf(service, { onDrop: (each) => dropped.push(each) })
    service.play.batch = (asked) =>
      itemsOf(asked).some(({ type }) => type === 'Bad') ? answerJson({}, 400) : takeAll(asked)
    for (const type of ['a', 'b', 'Bad', 'c', 'd']) flags.track(ANNA, type)
    expect(await flags.flush()).toBe(true)
    expect(dropped).toEqual([
      { reason: 'HTTP_400', items: [expect.objectContaining({ type: 'Bad', userId: 'anna' })] },
    ])
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
  })

  it('that the service refuses are dropped and reported', async () => {
    const onDrop = vi.fn<(dropped: Dropped) => void>()
    const flags = clientOf(service, { onDrop })
    service.play.batch = refusing('VARIANT_MISMATCH')
    flags.logExposure(ANNA, 'test', 'Z')
    expect(await flags.flush()).toBe(true)
    expect(onDrop).toHaveBeenCalledExactlyOnceWith({
      reason: 'VARIANT_MISMATCH',
      items: [expect.objectContaining({ variant: 'Z' })],
    })
  })

  it('that are refused are gone, though the callback of the app throws', async () => {
    const onDrop = vi.fn<() => void>(() => {
      throw new Error('mine')
    })
    const flags = clientOf(service, { onDrop })
    service.play.batch = refusing('VARIANT_MISMATCH')
    flags.logExposure(ANNA, 'test', 'Z')
    expect(await flags.flush()).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(onDrop).toHaveBeenCalledOnce()
    expect(batches()).toHaveLength(1)
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
  })

  it.each([
    ['one by one', refusing('VARIANT_MISMATCH')],
    ['as a whole', () => answerJson({}, 400)],
  ])(
    'that are sent twice as the page goes, and refused %s, are dropped once',
    async (_, refuse) => {
      const page = openPage()
      const onDrop = vi.fn<() => void>()
      const flags = clientOf(service, { onDrop, storage: null })
      service.play.batch = (asked) =>
        new Promise((resolve) => setTimeout(() => resolve(refuse(asked)), 100))
      flags.logExposure(ANNA, 'test', 'Z')
      void flags.flush()
      await vi.advanceTimersByTimeAsync(50)
      page.fire('pagehide')
      await vi.advanceTimersByTimeAsync(200)
      expect(batches()).toHaveLength(2)
      expect(onDrop).toHaveBeenCalledOnce()
      expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
      await flags.close()
    },
  )

  it('of a device whose clock is ahead are sent without a time', async () => {
    const flags = clientOf(service)
    service.play.batch = (asked) =>
      (itemsOf(asked)[0]?.ts === undefined ? takeAll : refusing('IN_THE_FUTURE'))(asked)
    flags.track(ANNA, 'event.viewed')
    expect(await flags.flush()).toBe(true)
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 0 })
    expect(new Set(sent().map(({ id }) => id)).size).toBe(1)
  })

  it('of nobody, and those for which there is no room, are refused and reported', () => {
    const reasons: string[] = []
    const flags = clientOf(service, {
      maxBuffered: 2,
      onDrop: ({ reason }) => reasons.push(reason),
    })
    expect(flags.track({ userId: ' ' }, 'event.viewed')).toBe(false)
    const kept = [1, 2, 3, 4].map(() => flags.track(ANNA, 'event.viewed'))
    expect(kept).toEqual([true, true, false, false])
    expect(reasons).toEqual(['TARGETING_KEY_MISSING', 'BUFFER_FULL', 'BUFFER_FULL'])
    expect(flags.pending()).toEqual({ waiting: 2, dropped: 3 })
  })

  it('are never dropped in silence', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    clientOf(service).track({}, 'event.viewed')
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })
})

describe('over a restart', () => {
  it('nothing is lost that was not sent, and ids stay', async () => {
    const storage = memoryStorage()
    service.play.batch = unreachable
    const before = clientOf(service, { storage })
    before.logExposure(ANNA, 'test', 'A')
    await before.close()
    const [first] = sent()
    service.play.batch = takeAll
    const flags = clientOf(service, { storage })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(itemsOf(batches().at(-1) as Asked)).toEqual([first])
    expect(flags.pending().waiting).toBe(0)
    await vi.advanceTimersByTimeAsync(0)
    expect(clientOf(service, { storage }).pending().waiting).toBe(0)
  })

  it('what waited under a key that was replaced goes with the new one', async () => {
    const storage = memoryStorage()
    service.play.batch = () => answerJson({}, 401)
    const before = clientOf(service, { storage, key: 'old' })
    before.logExposure(ANNA, 'test', 'A')
    await before.close()
    service.play.batch = takeAll
    expect(await clientOf(service, { storage, key: 'new' }).flush()).toBe(true)
    expect(batches().at(-1)?.headers.get('Authorization')).toBe('Bearer new')
    expect(sent()).toHaveLength(2)
  })

  it('two tabs take away nothing of each other', async () => {
    const storage = memoryStorage()
    const [one, two] = [clientOf(service, { storage }), clientOf(service, { storage })]
    one.track(ANNA, 'one')
    two.track(ANNA, 'two')
    await one.flush()
    expect(clientOf(service, { storage }).pending().waiting).toBe(1)
    await two.flush()
    expect(clientOf(service, { storage }).pending().waiting).toBe(0)
    expect(sent().map(({ type }) => type)).toEqual(['one', 'two'])
  })
})

describe('a page', () => {
  it.each(['hidden', 'gone'])(
    'that is %s sends what waits, and lets the request outlive it',
    async (how) => {
      const page = openPage()
      const flags = clientOf(service, { storage: memoryStorage() })
      flags.logExposure(ANNA, 'test', 'A')
      if (how === 'hidden') page.show('hidden')
      else page.fire('pagehide')
      await vi.advanceTimersByTimeAsync(0)
      expect(batches()).toMatchObject([{ keepalive: true }])
      expect(batches()[0]?.headers.get('Authorization')).toBe('Bearer flags_client_test')
      expect(flags.pending().waiting).toBe(0)
      await flags.close()
    },
  )

  it('that goes sends no more than browsers let it, and keeps the rest', async () => {
    const page = openPage()
    const flags = clientOf(service, { storage: memoryStorage() })
    for (let index = 0; index < 900; index++) flags.track(ANNA, 'event.viewed')
    page.fire('pagehide')
    await vi.advanceTimersByTimeAsync(0)
    const bytes = batches().map(({ body }) => JSON.stringify(body).length)
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(64_000)
    expect(flags.pending().waiting).toBeGreaterThan(0)
    await flags.close()
    expect(new Set(sent().map(({ id }) => id)).size).toBe(900)
  })

  it('that comes online sends what waits', async () => {
    const page = openPage()
    const flags = clientOf(service, { storage: memoryStorage() })
    service.play.batch = unreachable
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(100_000)
    service.play.batch = takeAll
    page.fire('online')
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.pending().waiting).toBe(0)
    await flags.close()
  })
})

describe('in a Worker', () => {
  it('what one tick logs goes together, and the request waits for it', async () => {
    const waited: Promise<unknown>[] = []
    const flags = clientOf(service, { waitUntil: (work) => void waited.push(work) })
    flags.logExposure(ANNA, 'test', 'A')
    flags.logExposure(ANNA, 'other', 'A')
    expect(waited).toHaveLength(1)
    await Promise.all(waited)
    expect(sent()).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a request that ended harms no other', async () => {
    const flags = clientOf(service, { waitUntil: () => {} })
    service.play.bundle = silence
    service.play.batch = silence
    void flags.getFlag(ANNA, 'on')
    flags.track(ANNA, 'one')
    vi.clearAllTimers()
    await vi.advanceTimersByTimeAsync(2_001)
    service.play.bundle = () => answerJson(BUNDLE)
    service.play.batch = takeAll
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.flush()).toBe(true)
  })
})
