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
  unreachable,
  type SentRequest,
} from '../../support/flags-service.ts'

const VISITOR = { userId: 'visitor' }

const service = useFakeService()

/** The requests that write, in order. */
const getWrites = () => service.requests.filter(({ path }) => path !== '/v1/bundle')

const toPathAndUsers = ({ path, body }: SentRequest) => [
  path,
  ...Object.values(body).flatMap((value) =>
    Array.isArray(value) ? value.map(({ userId }: { userId: string }) => userId) : [],
  ),
]

/** The visitor has A. Anna has B until the sign-in. */
const setVariants = (after: string) => {
  const state = { isIdentified: false }
  service.answers.bundle = ({ body }) => {
    const { userId } = body['context'] as { userId: string }
    const test = userId === 'visitor' ? 'A' : state.isIdentified ? after : 'B'
    return answerJson({ ...BUNDLE, variants: { test } })
  }
  service.answers.identify = () => {
    state.isIdentified = true
    return answerJson({ variants: { test: after }, conflicts: [], version: 9 })
  }
}

describe('identify', () => {
  it('sends the sign-in after earlier items and before later items', async () => {
    const flags = createTestClient(service)
    flags.logExposure(VISITOR, 'test', 'A')
    flags.track(VISITOR, 'event.viewed')
    const identified = flags.identify('visitor', 'anna')
    flags.logExposure(ANNA, 'test', 'A')
    flags.track(ANNA, 'booking.confirmed')
    expect(await identified).toBe(true)
    expect(getWrites().map(toPathAndUsers)).toEqual([
      ['/v1/exposures', 'visitor'],
      ['/v1/events', 'visitor'],
      ['/v1/identify'],
      ['/v1/exposures', 'anna'],
      ['/v1/events', 'anna'],
    ])
    expect(service.requestsTo('/v1/identify')[0]?.body).toMatchObject({
      anonymousId: 'visitor',
      userId: 'anna',
    })
  })

  it('keeps the sign-in over a restart while the service is away, and holds later items back', async () => {
    const storage = memoryStorage()
    const before = createTestClient(service, { storage })
    service.answers.identify = unreachable
    expect(await before.identify('visitor', 'anna')).toBe(false)
    before.logExposure(ANNA, 'test', 'A')
    expect(await before.close()).toBe(false)
    expect(service.requestsTo('/v1/exposures')).toEqual([])

    setVariants('A')
    const flags = createTestClient(service, { storage })
    expect(flags.pending()).toEqual({ waiting: 2, dropped: 0 })
    expect(await flags.flush()).toBe(true)
    expect(getWrites().slice(-2).map(toPathAndUsers)).toEqual([
      ['/v1/identify'],
      ['/v1/exposures', 'anna'],
    ])
  })

  it.each([400, 403, 404, 409, 413])(
    'drops and reports a sign-in that the service refuses with %d, and sends the rest',
    async (status) => {
      const onDrop = vi.fn<(dropped: Dropped) => void>()
      const flags = createTestClient(service, { onDrop })
      service.answers.identify = () => answerJson({ errorCode: 'CONFLICT' }, status)
      const identified = flags.identify('visitor', 'anna')
      flags.track(ANNA, 'event.viewed')
      expect(await identified).toBe(true)
      expect(onDrop.mock.calls).toMatchObject([
        [{ items: [{ anonymousId: 'visitor', userId: 'anna' }], reason: `HTTP_${status}` }],
      ])
      expect(service.requestsTo('/v1/events')).toHaveLength(1)
      expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
    },
  )

  it.each([
    ['garbage', () => new Response('<html>')],
    ['half a body', () => new Response('{"variants":{')],
    ['something else', () => answerJson({ accepted: 1, duplicates: 0, rejected: [] })],
  ])('keeps the sign-in when the answer is %s', async (_, fault) => {
    const flags = createTestClient(service)
    service.answers.identify = fault
    expect(await flags.identify('visitor', 'anna')).toBe(false)
    expect(flags.pending().waiting).toBe(1)
  })

  it('an unloading page sends no item ahead of a waiting sign-in', async () => {
    const page = stubPage()
    const flags = createTestClient(service, { storage: memoryStorage() })
    service.answers.identify = unreachable
    flags.logExposure(VISITOR, 'test', 'A')
    void flags.identify('visitor', 'anna')
    flags.logExposure(ANNA, 'test', 'A')
    page.fire('pagehide')
    await vi.advanceTimersByTimeAsync(0)
    const users = service
      .requestsTo('/v1/exposures')
      .flatMap((request) => toPathAndUsers(request).slice(1))
    expect(new Set(users)).toEqual(new Set(['visitor']))
    await flags.close()
  })

  it('a request in a Worker waits for the sign-in', async () => {
    const waited: Promise<unknown>[] = []
    const flags = createTestClient(service, { waitUntil: (work) => void waited.push(work) })
    void flags.identify('visitor', 'anna')
    await Promise.all(waited)
    expect(service.requestsTo('/v1/identify')).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('Client after identify', () => {
  it('reads the inherited variant on a server with the version of the sign-in', async () => {
    setVariants('A')
    const flags = createTestClient(service)
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    expect(await flags.getVariant(VISITOR, 'test')).toBe('A')
    await flags.identify('visitor', 'anna')
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(service.requestsTo('/v1/bundle').at(-1)?.query.get('minVersion')).toBe('9')
    expect(await flags.getVariant({ ...ANNA, city: 'Delhi' }, 'test')).toBe('A')
  })

  it('loads only the bundles of the signed-in user again, also at the same version', async () => {
    setVariants('A')
    const identified = service.answers.identify
    service.answers.identify = (request) => {
      void identified(request)
      return answerJson({ variants: { test: 'A' }, conflicts: [], version: BUNDLE.version })
    }
    const flags = createTestClient(service)
    for (const user of [ANNA, VISITOR]) await flags.getVariant(user, 'test')
    expect(await flags.identify('visitor', 'anna')).toBe(true)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    const users = service.requestsTo('/v1/bundle').map(({ body }) => body['context'])
    expect(users).toEqual([ANNA, VISITOR, ANNA])
  })

  it('a page keeps the variant of the anonymous id before and after the service answers', async () => {
    stubPage()
    setVariants('A')
    const flags = createTestClient(service, { storage: null })
    expect(await flags.getVariant(VISITOR, 'test')).toBe('A')
    const identified = flags.identify('visitor', 'anna')
    expect(flags.keepVariant(ANNA, 'test', 'B')).toBe('A')
    await identified
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    await flags.close()
  })

  it('a page keeps the variant of the anonymous id when the user has another variant', async () => {
    stubPage()
    setVariants('B')
    const flags = createTestClient(service, { storage: null })
    expect(await flags.getVariant(VISITOR, 'test')).toBe('A')
    await flags.identify('visitor', 'anna')
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(flags.peek(ANNA)?.variants).toEqual({ test: 'B' })
    await flags.close()
  })

  it('a page keeps a variant that the user was shown before the sign-in', async () => {
    stubPage()
    setVariants('A')
    const flags = createTestClient(service, { storage: null })
    expect(await flags.getVariant(VISITOR, 'test')).toBe('A')
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    await flags.identify('visitor', 'anna')
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    await flags.close()
  })
})

it('Client: remembers at most maxContexts sign-ins', async () => {
  stubPage()
  const flags = createTestClient(service, { storage: null, maxContexts: 2 })
  expect(flags.keepVariant(VISITOR, 'test', 'A')).toBe('A')
  for (const userId of ['anna', 'bert', 'carl']) await flags.identify('visitor', userId)
  expect(flags.keepVariant(ANNA, 'test', 'B')).toBe('B')
  expect(flags.keepVariant(VISITOR, 'test', 'C')).toBe('A')
  await flags.close()
})

it('Client: sends anonymous only when it is true', async () => {
  const flags = createTestClient(service)
  for (const anonymous of [true, false, 'yes', null])
    await flags.getFlag({ userId: String(anonymous), anonymous }, 'on')
  expect(service.requestsTo('/v1/bundle').map(({ body }) => body['context'])).toEqual([
    { userId: 'true', anonymous: true },
    { userId: 'false' },
    { userId: 'yes' },
    { userId: 'null' },
  ])
})

it('Client: marks the requests and rows of a known crawler, and only those', async () => {
  const flags = createTestClient(service)
  const bot = { userId: 'bot', isBot: true }
  flags.logExposure(bot, 'test', 'A')
  flags.logExposure({ userId: 'person', isBot: 'no' }, 'test', 'A')
  flags.track(bot, 'event.viewed')
  await flags.assignVariant(bot, 'test')
  await flags.flush()
  const items = getWrites().flatMap(({ body }) => Object.values(body).filter(Array.isArray).flat())
  expect(items).toMatchObject([
    { userId: 'bot', variant: 'A', isBot: true },
    { userId: 'person', variant: 'A' },
    { userId: 'bot', type: 'event.viewed', isBot: true },
  ])
  expect(items[1]).not.toHaveProperty('isBot')
  const assigned = service.requests.find(({ path }) => path.endsWith('/assign'))
  expect(assigned?.body['context']).toEqual(bot)
})

it('Client: takes rows that count in no result as delivered', async () => {
  service.answers.batch = () =>
    answerJson({ accepted: 2, duplicates: 0, uncounted: { CRAWLER: 2 }, rejected: [] }, 202)
  const flags = createTestClient(service)
  flags.logExposure(ANNA, 'test', 'A')
  flags.logExposure(ANNA, 'other', 'A')
  expect(await flags.flush()).toBe(true)
  expect(flags.pending()).toEqual({ waiting: 0, dropped: 0 })
})
