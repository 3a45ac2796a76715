import { describe, expect, it, vi } from 'vitest'
import type { Dropped } from '../../../sdk/outbox.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  stubPage,
  useFakeService,
  neverAnswers,
  acceptAll,
  unreachable,
  type SentRequest,
} from '../../support/flags-service.ts'

const service = useFakeService()

type Sent = { id: string; userId: string; ts?: number; type?: string; variant?: string }
const getItems = ({ path, body }: SentRequest) => body[path.slice(4)] as Sent[]
const getBatches = () => service.requests.filter(({ path }) => /exposures|events/.test(path))
const getSentItems = () => getBatches().flatMap(getItems)
const reject = (errorCode: string) => (request: SentRequest) =>
  answerJson(
    {
      accepted: 0,
      duplicates: 0,
      rejected: getItems(request).map(({ id }) => ({ id, errorCode })),
    },
    202,
  )

describe('Delivery', () => {
  it('sends items together after a second, each with an id and a time', async () => {
    const flags = createTestClient(service)
    expect(flags.logExposure(ANNA, 'test', 'A')).toBe(true)
    expect(flags.track({ targetingKey: 'bert' }, 'booking.confirmed')).toBe(true)
    flags.logExposure(ANNA, 'other', 'B')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(getBatches().map(({ path }) => path)).toEqual(['/v1/exposures', '/v1/events'])
    expect(getSentItems()).toEqual([
      {
        id: expect.any(String),
        experimentKey: 'test',
        userId: 'anna',
        variant: 'A',
        ts: Date.now() - 1_000,
        sentAt: Date.now(),
      },
      {
        id: expect.any(String),
        experimentKey: 'other',
        userId: 'anna',
        variant: 'B',
        ts: Date.now() - 1_000,
        sentAt: Date.now(),
      },
      {
        id: expect.any(String),
        type: 'booking.confirmed',
        userId: 'bert',
        ts: Date.now() - 1_000,
        sentAt: Date.now(),
      },
    ])
    expect(new Set(getSentItems().map(({ id }) => id)).size).toBe(3)
    expect(getBatches().map(({ keepalive }) => keepalive)).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(getBatches()).toHaveLength(2)
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 0 })
  })

  it.each([
    ['cannot be reached', unreachable],
    ['never answers', neverAnswers],
    ['answers 500', () => answerJson({}, 500)],
    ['answers 503', () => answerJson({}, 503, { 'Retry-After': '1' })],
    ['answers 401', () => answerJson({}, 401)],
    ['answers 404', () => new Response('no such page', { status: 404 })],
    ['is a wifi that wants a password', () => new Response('<html>', { status: 200 })],
    ['answers half a body', () => new Response('{"accepted":1,', { status: 202 })],
    ['counts something else', () => answerJson({ accepted: 0, duplicates: 0, rejected: [] }, 202)],
  ])(
    'keeps items when the service %s, and sends them later with the same ids',
    async (_, fault) => {
      const flags = createTestClient(service)
      service.answers.batch = fault
      flags.logExposure(ANNA, 'test', 'A')
      await vi.advanceTimersByTimeAsync(100_000)
      const tries = getSentItems()
      expect(tries.length).toBeGreaterThan(2)
      expect(tries.length).toBeLessThan(12)
      expect(flags.pending()).toEqual({ waiting: 1, dropped: 0 })
      service.answers.batch = acceptAll
      await vi.advanceTimersByTimeAsync(120_000)
      expect(new Set(getSentItems().map(({ id }) => id)).size).toBe(1)
      expect(flags.pending()).toEqual({ waiting: 0, dropped: 0 })
    },
  )

  it('sends new items within a second once the service is back', async () => {
    const flags = createTestClient(service)
    service.answers.batch = unreachable
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(60_000)
    service.answers.batch = acceptAll
    expect(await flags.flush()).toBe(true)
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(flags.pending().waiting).toBe(0)
  })

  it('waits for the Retry-After of the service', async () => {
    const flags = createTestClient(service)
    service.answers.batch = () => answerJson({}, 429, { 'Retry-After': '300' })
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(299_000)
    expect(getBatches()).toHaveLength(1)
    expect(await flags.flush()).toBe(false)
    expect(getBatches()).toHaveLength(1)
    service.answers.batch = acceptAll
    await vi.advanceTimersByTimeAsync(3_000)
    expect(flags.pending().waiting).toBe(0)
  })

  it('waits without a busy loop when Retry-After exceeds the range of timers', async () => {
    const flags = createTestClient(service)
    service.answers.batch = () =>
      answerJson({}, 503, { 'Retry-After': 'Fri, 31 Dec 9999 23:59:59 GMT' })
    flags.track(ANNA, 'event.viewed')
    await flags.flush()
    // No spy: its restore would put the fake timer of this test back into the globals that all files share.
    const setTimer = vi.fn<typeof setTimeout>(setTimeout)
    vi.stubGlobal('setTimeout', setTimer)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(setTimer).not.toHaveBeenCalled()
    expect(getBatches()).toHaveLength(1)
  })

  it('survives a rejection of an item that was not sent', async () => {
    const flags = createTestClient(service)
    service.answers.batch = () => answerJson({ accepted: 0, duplicates: 0, rejected: [null] }, 202)
    flags.track(ANNA, 'event.viewed')
    await expect(flags.flush()).resolves.toBeTypeOf('boolean')
  })

  it('flush sends all items at once and returns true when none is left', async () => {
    const flags = createTestClient(service)
    flags.track(ANNA, 'event.viewed')
    service.answers.batch = unreachable
    expect(await flags.flush()).toBe(false)
    service.answers.batch = acceptAll
    expect(await Promise.all([flags.flush(), flags.flush()])).toEqual([true, true])
    expect(getBatches()).toHaveLength(2)
    expect(await createTestClient(service).flush()).toBe(true)
  })

  it('sends batches of at most 500 items and 256 KB', async () => {
    const flags = createTestClient(service, { maxBuffered: 5_000 })
    for (let index = 0; index < 1_001; index++) flags.track(ANNA, 'event.viewed')
    await flags.flush()
    expect(getBatches().map((batch) => getItems(batch).length)).toEqual([500, 500, 1])
    const userId = '😀'.repeat(250)
    for (let index = 0; index < 400; index++) flags.track({ userId }, 'event.viewed')
    await flags.flush()
    const sizes = getBatches().map(
      ({ body }) => new TextEncoder().encode(JSON.stringify(body)).length,
    )
    expect(Math.max(...sizes)).toBeLessThan(256 * 1024)
    expect(getSentItems()).toHaveLength(1_401)
  })

  it('finds the item that makes a batch unreadable, drops and reports it, and sends the others', async () => {
    const dropped: Dropped[] = []
    const flags = createTestClient(service, { onDrop: (each) => dropped.push(each) })
    service.answers.batch = (request) =>
      getItems(request).some(({ type }) => type === 'Bad')
        ? answerJson({}, 400)
        : acceptAll(request)
    for (const type of ['a', 'b', 'Bad', 'c', 'd']) flags.track(ANNA, type)
    expect(await flags.flush()).toBe(true)
    expect(dropped).toEqual([
      { reason: 'HTTP_400', items: [expect.objectContaining({ type: 'Bad', userId: 'anna' })] },
    ])
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
  })

  it('drops and reports an item that the service rejects', async () => {
    const onDrop = vi.fn<(dropped: Dropped) => void>()
    const flags = createTestClient(service, { onDrop })
    service.answers.batch = reject('VARIANT_MISMATCH')
    flags.logExposure(ANNA, 'test', 'Z')
    expect(await flags.flush()).toBe(true)
    expect(onDrop).toHaveBeenCalledExactlyOnceWith({
      reason: 'VARIANT_MISMATCH',
      items: [expect.objectContaining({ variant: 'Z' })],
    })
  })

  it('removes a rejected item when onDrop throws', async () => {
    const onDrop = vi.fn<() => void>(() => {
      throw new Error('mine')
    })
    const flags = createTestClient(service, { onDrop })
    service.answers.batch = reject('VARIANT_MISMATCH')
    flags.logExposure(ANNA, 'test', 'Z')
    expect(await flags.flush()).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(onDrop).toHaveBeenCalledOnce()
    expect(getBatches()).toHaveLength(1)
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
  })

  it.each([
    ['one by one', reject('VARIANT_MISMATCH')],
    ['as a whole', () => answerJson({}, 400)],
  ])(
    'reports a batch once that an unloading page sent twice and the service rejected %s',
    async (_, refuse) => {
      const page = stubPage()
      const onDrop = vi.fn<() => void>()
      const flags = createTestClient(service, { onDrop, storage: null })
      service.answers.batch = (request) =>
        new Promise((resolve) => setTimeout(() => resolve(refuse(request)), 100))
      flags.logExposure(ANNA, 'test', 'Z')
      void flags.flush()
      await vi.advanceTimersByTimeAsync(50)
      page.fire('pagehide')
      await vi.advanceTimersByTimeAsync(200)
      expect(getBatches()).toHaveLength(2)
      expect(onDrop).toHaveBeenCalledOnce()
      expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
      await flags.close()
    },
  )

  it('sends an item without its time when the service says IN_THE_FUTURE', async () => {
    const flags = createTestClient(service)
    service.answers.batch = (request) =>
      (getItems(request)[0]?.ts === undefined ? acceptAll : reject('IN_THE_FUTURE'))(request)
    flags.track(ANNA, 'event.viewed')
    expect(await flags.flush()).toBe(true)
    expect(flags.pending()).toEqual({ waiting: 0, dropped: 0 })
    expect(new Set(getSentItems().map(({ id }) => id)).size).toBe(1)
  })

  it('drops and reports items without a user id and items over maxBuffered', () => {
    const reasons: string[] = []
    const flags = createTestClient(service, {
      maxBuffered: 2,
      onDrop: ({ reason }) => reasons.push(reason),
    })
    expect(flags.track({ userId: ' ' }, 'event.viewed')).toBe(false)
    const kept = [1, 2, 3, 4].map(() => flags.track(ANNA, 'event.viewed'))
    expect(kept).toEqual([true, true, false, false])
    expect(reasons).toEqual(['TARGETING_KEY_MISSING', 'BUFFER_FULL', 'BUFFER_FULL'])
    expect(flags.pending()).toEqual({ waiting: 2, dropped: 3 })
  })

  it('warns about dropped items on the console by default', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    createTestClient(service).track({}, 'event.viewed')
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })
})

describe('Outbox', () => {
  it('keeps unsent items and their ids over a restart', async () => {
    const storage = memoryStorage()
    service.answers.batch = unreachable
    const before = createTestClient(service, { storage })
    before.logExposure(ANNA, 'test', 'A')
    await before.close()
    const [first] = getSentItems()
    service.answers.batch = acceptAll
    const flags = createTestClient(service, { storage })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(getItems(getBatches().at(-1) as SentRequest)).toEqual([{ ...first, sentAt: Date.now() }])
    expect(flags.pending().waiting).toBe(0)
    await vi.advanceTimersByTimeAsync(0)
    expect(createTestClient(service, { storage }).pending().waiting).toBe(0)
  })

  it('sends items of a replaced key with the new key', async () => {
    const storage = memoryStorage()
    service.answers.batch = () => answerJson({}, 401)
    const before = createTestClient(service, { storage, key: 'old' })
    before.logExposure(ANNA, 'test', 'A')
    await before.close()
    service.answers.batch = acceptAll
    expect(await createTestClient(service, { storage, key: 'new' }).flush()).toBe(true)
    expect(getBatches().at(-1)?.headers.get('Authorization')).toBe('Bearer new')
    expect(getSentItems()).toHaveLength(2)
  })

  it('keeps the items of two tabs apart', async () => {
    const storage = memoryStorage()
    const [one, two] = [
      createTestClient(service, { storage }),
      createTestClient(service, { storage }),
    ]
    one.track(ANNA, 'one')
    two.track(ANNA, 'two')
    await one.flush()
    expect(createTestClient(service, { storage }).pending().waiting).toBe(1)
    await two.flush()
    expect(createTestClient(service, { storage }).pending().waiting).toBe(0)
    expect(getSentItems().map(({ type }) => type)).toEqual(['one', 'two'])
  })
})

describe('Delivery in a page', () => {
  it.each(['hidden', 'gone'])(
    'sends waiting items with keepalive when the page is %s',
    async (how) => {
      const page = stubPage()
      const flags = createTestClient(service, { storage: memoryStorage() })
      flags.logExposure(ANNA, 'test', 'A')
      if (how === 'hidden') page.show('hidden')
      else page.fire('pagehide')
      await vi.advanceTimersByTimeAsync(0)
      expect(getBatches()).toMatchObject([{ keepalive: true }])
      expect(getBatches()[0]?.headers.get('Authorization')).toBe('Bearer flags_client_test')
      expect(flags.pending().waiting).toBe(0)
      await flags.close()
    },
  )

  it('sends at most 64 KB when the page unloads, and keeps the rest', async () => {
    const page = stubPage()
    const flags = createTestClient(service, { storage: memoryStorage() })
    for (let index = 0; index < 900; index++) flags.track(ANNA, 'event.viewed')
    page.fire('pagehide')
    await vi.advanceTimersByTimeAsync(0)
    const bytes = getBatches().map(({ body }) => JSON.stringify(body).length)
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(64_000)
    expect(flags.pending().waiting).toBeGreaterThan(0)
    await flags.close()
    expect(new Set(getSentItems().map(({ id }) => id)).size).toBe(900)
  })

  it('sends waiting items when the page comes online', async () => {
    const page = stubPage()
    const flags = createTestClient(service, { storage: memoryStorage() })
    service.answers.batch = unreachable
    flags.track(ANNA, 'event.viewed')
    await vi.advanceTimersByTimeAsync(100_000)
    service.answers.batch = acceptAll
    page.fire('online')
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.pending().waiting).toBe(0)
    await flags.close()
  })
})

describe('Client in a Worker', () => {
  it('sends the items of one tick together inside waitUntil', async () => {
    const waited: Promise<unknown>[] = []
    const flags = createTestClient(service, { waitUntil: (work) => void waited.push(work) })
    flags.logExposure(ANNA, 'test', 'A')
    flags.logExposure(ANNA, 'other', 'A')
    expect(waited).toHaveLength(1)
    await Promise.all(waited)
    expect(getSentItems()).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a request that ended does not block the next one', async () => {
    const flags = createTestClient(service, { waitUntil: () => {} })
    service.answers.bundle = neverAnswers
    service.answers.batch = neverAnswers
    void flags.getFlag(ANNA, 'on')
    flags.track(ANNA, 'one')
    vi.clearAllTimers()
    await vi.advanceTimersByTimeAsync(2_001)
    service.answers.bundle = () => answerJson(BUNDLE)
    service.answers.batch = acceptAll
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.flush()).toBe(true)
  })
})
