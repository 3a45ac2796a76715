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
  unreachable,
  type Asked,
} from '../../support/flags-service.ts'

const NOBODY = { userId: 'nobody' }

const service = serviceOfEachTest()

/** What was written, in the order in which it went. */
const written = () => service.asked.filter(({ path }) => path !== '/v1/bundle')

const told = ({ path, body }: Asked) => [
  path,
  ...Object.values(body).flatMap((value) =>
    Array.isArray(value) ? value.map(({ userId }: { userId: string }) => userId) : [],
  ),
]

/** A bundle per user: nobody has A, anna has B until she is identified. */
const bundles = (after: string) => {
  const play = { isIdentified: false }
  service.play.bundle = ({ body }) => {
    const { userId } = body['context'] as { userId: string }
    const test = userId === 'nobody' ? 'A' : play.isIdentified ? after : 'B'
    return answerJson({ ...BUNDLE, variants: { test } })
  }
  service.play.identify = () => {
    play.isIdentified = true
    return answerJson({ variants: { test: after }, conflicts: [], version: 9 })
  }
}

describe('identify', () => {
  it('goes behind what was done before and ahead of what is done after', async () => {
    const flags = clientOf(service)
    flags.logExposure(NOBODY, 'test', 'A')
    flags.track(NOBODY, 'event.viewed')
    const identified = flags.identify('nobody', 'anna')
    flags.logExposure(ANNA, 'test', 'A')
    flags.track(ANNA, 'booking.confirmed')
    expect(await identified).toBe(true)
    expect(written().map(told)).toEqual([
      ['/v1/exposures', 'nobody'],
      ['/v1/events', 'nobody'],
      ['/v1/identify'],
      ['/v1/exposures', 'anna'],
      ['/v1/events', 'anna'],
    ])
    expect(service.to('/v1/identify')[0]?.body).toMatchObject({
      anonymousId: 'nobody',
      userId: 'anna',
    })
  })

  it('is kept while the service is away, over a restart, and holds back what comes after it', async () => {
    const storage = memoryStorage()
    const before = clientOf(service, { storage })
    service.play.identify = unreachable
    expect(await before.identify('nobody', 'anna')).toBe(false)
    before.logExposure(ANNA, 'test', 'A')
    expect(await before.close()).toBe(false)
    expect(service.to('/v1/exposures')).toEqual([])

    bundles('A')
    const flags = clientOf(service, { storage })
    expect(flags.pending()).toEqual({ waiting: 2, dropped: 0 })
    expect(await flags.flush()).toBe(true)
    expect(written().slice(-2).map(told)).toEqual([['/v1/identify'], ['/v1/exposures', 'anna']])
  })

  it.each([400, 403, 404, 409, 413])(
    'that is refused (%d) is dropped and reported, and the rest goes',
    async (status) => {
      const onDrop = vi.fn<(dropped: Dropped) => void>()
      const flags = clientOf(service, { onDrop })
      service.play.identify = () => answerJson({ errorCode: 'CONFLICT' }, status)
      const identified = flags.identify('nobody', 'anna')
      flags.track(ANNA, 'event.viewed')
      expect(await identified).toBe(true)
      expect(onDrop.mock.calls).toMatchObject([
        [{ items: [{ anonymousId: 'nobody', userId: 'anna' }], reason: `HTTP_${status}` }],
      ])
      expect(service.to('/v1/events')).toHaveLength(1)
      expect(flags.pending()).toEqual({ waiting: 0, dropped: 1 })
    },
  )

  it.each([
    ['garbage', () => new Response('<html>')],
    ['half a body', () => new Response('{"variants":{')],
    ['something else', () => answerJson({ accepted: 1, duplicates: 0, rejected: [] })],
  ])('is not taken for done when the answer is %s', async (_, fault) => {
    const flags = clientOf(service)
    service.play.identify = fault
    expect(await flags.identify('nobody', 'anna')).toBe(false)
    expect(flags.pending().waiting).toBe(1)
  })

  it('a page that goes sends nothing ahead of it', async () => {
    const page = openPage()
    const flags = clientOf(service, { storage: memoryStorage() })
    service.play.identify = unreachable
    flags.logExposure(NOBODY, 'test', 'A')
    void flags.identify('nobody', 'anna')
    flags.logExposure(ANNA, 'test', 'A')
    page.fire('pagehide')
    await vi.advanceTimersByTimeAsync(0)
    const users = service.to('/v1/exposures').flatMap((asked) => told(asked).slice(1))
    expect(new Set(users)).toEqual(new Set(['nobody']))
    await flags.close()
  })

  it('in a Worker is waited for by the request', async () => {
    const waited: Promise<unknown>[] = []
    const flags = clientOf(service, { waitUntil: (work) => void waited.push(work) })
    void flags.identify('nobody', 'anna')
    await Promise.all(waited)
    expect(service.to('/v1/identify')).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('after identify', () => {
  it('a server reads the inherited variant, naming the version that has it', async () => {
    bundles('A')
    const flags = clientOf(service)
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    expect(await flags.getVariant(NOBODY, 'test')).toBe('A')
    await flags.identify('nobody', 'anna')
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(service.to('/v1/bundle').at(-1)?.query.get('minVersion')).toBe('9')
    expect(await flags.getVariant({ ...ANNA, city: 'Delhi' }, 'test')).toBe('A')
  })

  it('their answers are asked for anew, and nobody else’s, though the version is the same', async () => {
    bundles('A')
    const identified = service.play.identify
    service.play.identify = (asked) => {
      void identified(asked)
      return answerJson({ variants: { test: 'A' }, conflicts: [], version: BUNDLE.version })
    }
    const flags = clientOf(service)
    for (const who of [ANNA, NOBODY]) await flags.getVariant(who, 'test')
    expect(await flags.identify('nobody', 'anna')).toBe(true)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    const users = service.to('/v1/bundle').map(({ body }) => body['context'])
    expect(users).toEqual([ANNA, NOBODY, ANNA])
  })

  it('a page shows what it showed, before the service has answered and ever after', async () => {
    openPage()
    bundles('A')
    const flags = clientOf(service, { storage: null })
    expect(await flags.getVariant(NOBODY, 'test')).toBe('A')
    const identified = flags.identify('nobody', 'anna')
    expect(flags.keepVariant(ANNA, 'test', 'B')).toBe('A')
    await identified
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    await flags.close()
  })

  it('also when the user had another variant all along', async () => {
    openPage()
    bundles('B')
    const flags = clientOf(service, { storage: null })
    expect(await flags.getVariant(NOBODY, 'test')).toBe('A')
    await flags.identify('nobody', 'anna')
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(flags.peek(ANNA)?.variants).toEqual({ test: 'B' })
    await flags.close()
  })

  it('and what the user was shown before they were identified stays, too', async () => {
    openPage()
    bundles('A')
    const flags = clientOf(service, { storage: null })
    expect(await flags.getVariant(NOBODY, 'test')).toBe('A')
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    await flags.identify('nobody', 'anna')
    expect(await flags.getVariant(ANNA, 'test')).toBe('B')
    await flags.close()
  })
})

it('of those who signed in no more are remembered than there may be contexts', async () => {
  openPage()
  const flags = clientOf(service, { storage: null, maxContexts: 2 })
  expect(flags.keepVariant(NOBODY, 'test', 'A')).toBe('A')
  for (const userId of ['anna', 'bert', 'carl']) await flags.identify('nobody', userId)
  expect(flags.keepVariant(ANNA, 'test', 'B')).toBe('B')
  expect(flags.keepVariant(NOBODY, 'test', 'C')).toBe('A')
  await flags.close()
})

it('that someone is anonymous is told to the service, and nothing but true is', async () => {
  const flags = clientOf(service)
  for (const anonymous of [true, false, 'yes', null])
    await flags.getFlag({ userId: String(anonymous), anonymous }, 'on')
  expect(service.to('/v1/bundle').map(({ body }) => body['context'])).toEqual([
    { userId: 'true', anonymous: true },
    { userId: 'false' },
    { userId: 'yes' },
    { userId: 'null' },
  ])
})
