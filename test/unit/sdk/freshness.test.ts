import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { FlagsOptions } from '../../../sdk/options.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  neverAnswers,
  stubEventSource,
  stubPage,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
const HOUR_MS = 3_600_000
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

const setOff = (version = 8) => {
  service.answers.bundle = () => answerJson({ ...BUNDLE, version, flags: { on: false } })
}

describe('Client with a subscription and no stream', () => {
  it('loads a context that was never read', async () => {
    const flags = createTestClient(service)
    const listener = vi.fn<() => void>()
    flags.subscribe(ANNA, listener)
    await wait(0)
    expect(listener).toHaveBeenCalledOnce()
    expect(flags.peek(ANNA)).toEqual(BUNDLE)
    await flags.close()
  })

  it('shows a change within 30 s and stops with the last subscription', async () => {
    const flags = createTestClient(service)
    const stops = [flags.subscribe(ANNA, () => {}), flags.subscribe(ANNA, () => {})]
    await wait(0)
    setOff()
    await wait(29_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    const count = service.requests.length
    stops[0]?.()
    await wait(30_000)
    expect(service.requests).toHaveLength(count + 1)
    stops[1]?.()
    await wait(HOUR_MS)
    expect(service.requests).toHaveLength(count + 1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([-86_400_000, 86_400_000])(
    'shows a change within 30 s when the clock is moved by %d ms',
    async (ms) => {
      const flags = createTestClient(service)
      flags.subscribe(ANNA, () => {})
      await wait(10_000)
      vi.setSystemTime(Date.now() + ms)
      setOff()
      await wait(29_000)
      expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
      await flags.close()
    },
  )

  it('asks within 5 s after the device slept for an hour', async () => {
    const flags = createTestClient(service)
    flags.subscribe(ANNA, () => {})
    await wait(0)
    setOff()
    vi.setSystemTime(Date.now() + HOUR_MS)
    await wait(5_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('sends no request while the page is hidden, and one when it is visible again', async () => {
    const page = stubPage()
    const flags = createTestClient(service, { storage: null })
    flags.subscribe(ANNA, () => {})
    await wait(0)
    page.show('hidden')
    setOff()
    await wait(HOUR_MS)
    expect(service.requests).toHaveLength(1)
    page.show('visible')
    await wait(0)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    expect(service.requests).toHaveLength(2)
    await flags.close()
  })

  it('sends no more than one request every 4 s when the service says staleTime 0', async () => {
    service.answers.bundle = () => answerJson({ ...BUNDLE, staleTime: 0 })
    const flags = createTestClient(service)
    flags.subscribe(ANNA, () => {})
    await wait(60_000)
    expect(service.requests.length).toBeLessThanOrEqual(16)
    await flags.close()
  })

  it('starts no timer in a Worker', async () => {
    const flags = createTestClient(service, { waitUntil: () => {} })
    flags.subscribe(ANNA, () => {})
    await wait(0)
    expect(vi.getTimerCount()).toBe(0)
    await flags.close()
  })
})

describe('Client with a stream that goes silent', () => {
  let stream: ReturnType<typeof stubEventSource>
  beforeEach(() => {
    stream = stubEventSource()
    stubPage()
  })

  const open = async (options: Partial<FlagsOptions> = {}) => {
    const flags = createTestClient(service, {
      stream: stream.EventSource,
      storage: memoryStorage(),
      ...options,
    })
    flags.subscribe(ANNA, () => {})
    await wait(0)
    stream.opened[0]?.announce(BUNDLE.version)
    return flags
  }

  const beat = async (seconds: number) => {
    for (let elapsed = 0; elapsed < seconds; elapsed += 25) {
      await wait(25_000)
      stream.open()[0]?.heartbeat(BUNDLE.version)
    }
  }

  it('sends almost no request while heartbeats arrive', async () => {
    const flags = await open()
    await beat(HOUR_MS / 1000)
    expect(service.requests.length).toBeLessThanOrEqual(15)
    expect(stream.opened).toHaveLength(1)
    expect(flags.status(ANNA).state).toBe('ready')
    await flags.close()
  })

  it('shows a change within 30 s after the last heartbeat', async () => {
    const flags = await open()
    await beat(100)
    setOff()
    await wait(29_500)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('opens a new stream after 2.5 heartbeats of silence', async () => {
    const flags = await open()
    await beat(50)
    await wait(62_000)
    expect(stream.opened).toHaveLength(1)
    await wait(8_000)
    expect(stream.opened).toHaveLength(2)
    expect(stream.opened[0]?.isClosed).toBe(true)
    await flags.close()
  })

  it('opens a new stream within 6 s after the device slept', async () => {
    const flags = await open()
    await beat(25)
    vi.setSystemTime(Date.now() + HOUR_MS)
    await wait(6_500)
    expect(stream.opened).toHaveLength(2)
    await flags.close()
  })

  it('loads a version that only a heartbeat names', async () => {
    const flags = await open()
    setOff()
    stream.opened[0]?.heartbeat(8)
    await wait(0)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('keeps the stream of an old service without heartbeats, and polls beside it', async () => {
    const flags = await open()
    await wait(120_000)
    expect(stream.opened).toHaveLength(1)
    setOff()
    await wait(29_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('polls when a heartbeat names a version that the isolate does not answer with', async () => {
    const flags = await open()
    stream.opened[0]?.announce(9)
    await wait(0)
    for (let second = 0; second < 28; second += 5) {
      stream.opened[0]?.heartbeat(9)
      await wait(5_000)
    }
    expect(service.requests.length).toBeGreaterThan(2)
    await flags.close()
  })
})

describe('Client after an outage', () => {
  it('reads a new user and follows a change as soon as the page is online', async () => {
    const page = stubPage()
    const stream = stubEventSource()
    const flags = createTestClient(service, { stream: stream.EventSource, storage: null })
    flags.subscribe(ANNA, () => {})
    await wait(0)
    stream.opened[0]?.fail()
    service.answers.bundle = unreachable
    await wait(70_000)
    setOff()
    page.fire('online')
    expect(await flags.getFlag({ userId: 'new' }, 'on', true)).toBe(false)
    await wait(0)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })

  it('sees a change within 30 s of the first second in which the service answers', async () => {
    const flags = createTestClient(service)
    flags.subscribe(ANNA, () => {})
    await wait(0)
    service.answers.bundle = unreachable
    await wait(HOUR_MS)
    setOff()
    await wait(30_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('a success of one request ends the backoffs of the others', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = unreachable
    service.answers.batch = unreachable
    for (const userId of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const read = flags.getFlag({ userId }, 'on')
      await wait(2_000)
      await read
    }
    flags.track(ANNA, 'event.viewed')
    await wait(60_000)
    service.answers.bundle = () => answerJson(BUNDLE)
    service.answers.batch = () => answerJson({ accepted: 1, duplicates: 0, rejected: [] }, 202)
    await flags.refresh({ userId: 'a' })
    await wait(0)
    expect(flags.pending().waiting).toBe(0)
    expect(await flags.getFlag({ userId: 'b' }, 'on')).toBe(true)
    await flags.close()
  })

  it('a Retry-After stays in force when the page is online', async () => {
    const page = stubPage()
    const flags = createTestClient(service, { storage: null })
    service.answers.bundle = () => answerJson({}, 429, { 'Retry-After': '60' })
    await flags.getFlag(ANNA, 'on')
    page.fire('online')
    await flags.getFlag(ANNA, 'on')
    expect(service.requests).toHaveLength(1)
    await flags.close()
  })
})

it.each([
  ['seconds', '86400'],
  ['a date', new Date(1_700_000_000_000 + 86_400_000).toUTCString()],
])('Client: a Retry-After of a day (%s) stops reads for a minute', async (_, value) => {
  const flags = createTestClient(service)
  service.answers.bundle = () => answerJson({}, 503, { 'Retry-After': value })
  flags.subscribe(ANNA, () => {})
  await wait(0)
  setOff()
  await wait(59_000)
  expect(service.requests).toHaveLength(1)
  await wait(2_000)
  expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
  await flags.close()
})

describe('Client with one request that hangs', () => {
  it('answers 179 other users', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = (request) =>
      JSON.stringify(request.body).includes('"slow"') ? neverAnswers(request) : answerJson(BUNDLE)
    void flags.getFlag({ userId: 'slow' }, 'on')
    await wait(2_000)
    const reads = Array.from({ length: 179 }, (_, index) =>
      flags.getFlag({ userId: `u-${index}` }, 'on'),
    )
    expect(await Promise.all(reads)).not.toContain(false)
    const count = service.requests.length
    expect(await flags.getFlag({ userId: 'slow' }, 'on', true)).toBe(true)
    expect(service.requests).toHaveLength(count)
  })

  it('asks for no user any more after five failures in a row', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = neverAnswers
    const reads = Array.from({ length: 5 }, (_, index) =>
      flags.getFlag({ userId: `u-${index}` }, 'on'),
    )
    await wait(2_000)
    await Promise.all(reads)
    expect(service.requests).toHaveLength(5)
    expect(await flags.getFlag({ userId: 'next' }, 'on', true)).toBe(true)
    expect(service.requests).toHaveLength(5)
  })
})

describe('Client whose user moves', () => {
  const MOVED = { ...ANNA, city: 'Delhi' }

  it('shows the values of before until the answer is there', async () => {
    const flags = createTestClient(service)
    await flags.getFlag(ANNA, 'on')
    service.answers.bundle = neverAnswers
    expect(flags.peek(MOVED)).toEqual(BUNDLE)
    const read = flags.getFlag(MOVED, 'on')
    await wait(2_000)
    expect(await read).toBe(true)
    setOff()
    await wait(30_000)
    expect(await flags.getFlag(MOVED, 'on')).toBe(false)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('shows stored values of before after a restart', async () => {
    const storage = memoryStorage()
    await createTestClient(service, { storage }).getFlag(ANNA, 'on')
    expect(createTestClient(service, { storage }).peek(MOVED)).toEqual(BUNDLE)
  })

  it('shows the defaults to another user, and with keepValues: false', async () => {
    const flags = createTestClient(service)
    await flags.getFlag(ANNA, 'on')
    expect(flags.peek({ userId: 'bert' })).toBeUndefined()
    expect(flags.peek({ city: 'Delhi' })).toBeUndefined()
    const strict = createTestClient(service, { keepValues: false })
    await strict.getFlag(ANNA, 'on')
    expect(strict.peek(MOVED)).toBeUndefined()
  })
})
