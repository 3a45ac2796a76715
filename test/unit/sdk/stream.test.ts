import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  stubPage,
  stubEventSource,
  useFakeService,
  unreachable,
} from '../../support/flags-service.ts'

const service = useFakeService()
let stream: ReturnType<typeof stubEventSource>
let page: ReturnType<typeof stubPage>
beforeEach(() => {
  stream = stubEventSource()
  page = stubPage()
})

const client = () =>
  createTestClient(service, { stream: stream.EventSource, storage: memoryStorage() })
const off = (version: number) => () => answerJson({ ...BUNDLE, version, flags: { on: false } })

/** Returns a client with an open stream. */
const openClient = async () => {
  const flags = client()
  await flags.getFlag(ANNA, 'on')
  stream.opened[0]?.announce(BUNDLE.version)
  return flags
}

describe('Stream', () => {
  it('opens at the address of the first answer, and a known version sends no request', async () => {
    const flags = client()
    expect(stream.opened).toHaveLength(0)
    await flags.getFlag(ANNA, 'on')
    expect(stream.opened.map(({ url }) => url)).toEqual(['https://flags.test/v1/stream?token=t'])
    stream.opened[0]?.announce(BUNDLE.version)
    await vi.advanceTimersByTimeAsync(0)
    expect(service.requests).toHaveLength(1)
    await flags.close()
    expect(stream.open()).toEqual([])
  })

  it('opens once for concurrent reads of two contexts', async () => {
    const flags = client()
    await Promise.all([flags.getFlag(ANNA, 'on'), flags.getFlag({ userId: 'bert' }, 'on')])
    expect(stream.opened).toHaveLength(1)
    service.answers.bundle = () => new Promise(() => {})
    void flags.getFlag({ userId: 'carl' }, 'on')
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })

  it('loads a change with one request that names the version', async () => {
    const flags = await openClient()
    const listener = vi.fn<() => void>()
    flags.subscribe(ANNA, listener)
    service.answers.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(service.requests.at(-1)?.query.get('minVersion')).toBe('8')
    expect(service.requests).toHaveLength(2)
    expect(listener).toHaveBeenCalledOnce()
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('calls no listener when the values of the user stay the same', async () => {
    const flags = await openClient()
    const listener = vi.fn<() => void>()
    flags.subscribe(ANNA, listener)
    const before = await flags.getAllFlags(ANNA)
    service.answers.bundle = () => answerJson({ ...BUNDLE, version: 8 })
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(listener).not.toHaveBeenCalled()
    expect(flags.peek(ANNA)).toMatchObject({ version: 8, flags: before })
    await flags.close()
  })

  it('loads the last of twenty announced versions with few requests', async () => {
    const flags = await openClient()
    service.answers.bundle = ({ query }) =>
      answerJson({ ...BUNDLE, version: Number(query.get('minVersion')) })
    for (let version = 8; version < 28; version++) stream.opened[0]?.announce(version)
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.peek(ANNA)?.version).toBe(27)
    expect(service.requests.length).toBeLessThan(5)
    await flags.close()
  })

  it('makes the next read of another context wait for the announced version', async () => {
    const flags = await openClient()
    await flags.getFlag({ userId: 'bert' }, 'on')
    service.answers.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    await flags.close()
  })

  it('stops asking after three more answers for a version that does not exist', async () => {
    const flags = await openClient()
    stream.opened[0]?.announce(99)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(service.requests).toHaveLength(5)
    await flags.close()
  })

  it('asks again within a second when an isolate answers with an older version', async () => {
    const flags = await openClient()
    flags.subscribe(ANNA, () => {})
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.peek(ANNA)?.flags).toEqual(BUNDLE.flags)
    service.answers.bundle = off(8)
    await vi.advanceTimersByTimeAsync(1_500)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    expect(flags.status(ANNA)).toMatchObject({ state: 'ready', lastError: undefined })
    await flags.close()
  })

  it('shows stale while it knows of a version that no answer had', async () => {
    const flags = await openClient()
    flags.subscribe(ANNA, () => {})
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(400)
    expect(flags.status(ANNA)).toMatchObject({ state: 'stale', lastError: undefined })
    await flags.close()
  })

  it('ends a read within its timeout while versions keep coming', async () => {
    const flags = client()
    service.answers.bundle = ({ query }) =>
      new Promise((resolve) => {
        const version = Number(query.get('minVersion'))
        setTimeout(() => stream.opened[0]?.announce(version + 1), 1_000)
        setTimeout(() => resolve(answerJson({ ...BUNDLE, version })), 1_500)
      })
    const first = flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(1_500)
    expect(await first).toBe(true)
    stream.opened[0]?.announce(8)
    const done = vi.fn<() => void>()
    void flags.getFlag(ANNA, 'on').finally(done)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(done).toHaveBeenCalledOnce()
    await flags.close()
  })

  it('keeps subscribed contexts current beyond maxContexts', async () => {
    const flags = createTestClient(service, {
      stream: stream.EventSource,
      storage: null,
      maxContexts: 1,
    })
    const listener = vi.fn<() => void>()
    const stop = flags.subscribe(ANNA, listener)
    for (const userId of ['anna', 'bert', 'carl']) await flags.getFlag({ userId }, 'on')
    expect(listener).toHaveBeenCalledOnce()
    service.answers.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(listener).toHaveBeenCalledTimes(2)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    stop()
    service.answers.bundle = () => answerJson({ ...BUNDLE, version: 9 })
    await flags.getFlag(ANNA, 'on')
    stream.opened[0]?.announce(9)
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.peek(ANNA)?.flags).toEqual(BUNDLE.flags)
    expect(listener).toHaveBeenCalledTimes(2)
    await flags.close()
  })

  it('calls all listeners when one of them throws', async () => {
    const flags = await openClient()
    const listener = vi.fn<() => void>()
    flags.subscribe(ANNA, () => {
      throw new Error('mine')
    })
    flags.subscribe(ANNA, listener)
    service.answers.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(listener).toHaveBeenCalledOnce()
    await flags.close()
  })

  it.each([
    [0, 500],
    [0.5, 750],
    [0.99, 995],
  ])(
    'opens again at another instant for each client after a deployment: %d',
    async (random, ms) => {
      const flags = createTestClient(service, {
        stream: stream.EventSource,
        storage: memoryStorage(),
        random: () => random,
      })
      await flags.getFlag(ANNA, 'on')
      stream.opened[0]?.announce(BUNDLE.version)
      stream.opened[0]?.fail()
      await vi.advanceTimersByTimeAsync(ms - 1)
      expect(stream.opened).toHaveLength(1)
      await vi.advanceTimersByTimeAsync(1)
      expect(stream.opened).toHaveLength(2)
      await flags.close()
    },
  )

  it('leaves no timer when the client is closed during a backoff', async () => {
    const flags = await openClient()
    service.answers.bundle = () => answerJson({}, 401)
    for (const version of [8, 9]) {
      stream.opened[0]?.announce(version)
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(vi.getTimerCount()).toBe(1)
    await flags.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ignores an older version that is announced late', async () => {
    const flags = await openClient()
    for (const version of [9, 8]) stream.opened[0]?.announce(version)
    await vi.advanceTimersByTimeAsync(0)
    await flags.getFlag({ userId: 'bert' }, 'on')
    expect(service.requests.at(-1)?.query.get('minVersion')).toBe('9')
    await flags.close()
  })

  it('sends no request after the client is closed during a load', async () => {
    const flags = await openClient()
    service.answers.bundle = () => answerJson({}, 503)
    stream.opened[0]?.announce(8)
    await flags.close()
    await vi.advanceTimersByTimeAsync(2_000)
    const count = service.requests.length
    await vi.advanceTimersByTimeAsync(600_000)
    expect(service.requests).toHaveLength(count)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tries again when the load of a change fails', async () => {
    const flags = await openClient()
    service.answers.bundle = () => answerJson({}, 503)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    service.answers.bundle = off(8)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })
})

describe('Stream after an error', () => {
  it('reopens later each time, after a load without ETag', async () => {
    service.answers.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    const flags = await openClient()
    const waits: number[] = []
    for (let round = 0; round < 8; round++) {
      const [source] = stream.open()
      source?.fail()
      expect(stream.open()).toEqual([])
      let ms = 0
      for (; stream.open().length === 0; ms += 250) await vi.advanceTimersByTimeAsync(250)
      waits.push(ms)
      expect(service.requests.at(-1)?.headers.get('If-None-Match')).toBeNull()
    }
    expect(waits).toEqual([750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500])
    await flags.close()
  })

  it('starts with the shortest wait again after a message', async () => {
    const flags = await openClient()
    for (let round = 0; round < 5; round++) {
      stream.open()[0]?.fail()
      await vi.advanceTimersByTimeAsync(60_000)
    }
    stream.open()[0]?.announce(BUNDLE.version)
    stream.open()[0]?.fail()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })

  it('does not reopen early after a read, nor while the page is hidden', async () => {
    const flags = await openClient()
    stream.opened[0]?.fail()
    await flags.getFlag({ userId: 'bert' }, 'on')
    expect(stream.open()).toEqual([])
    const count = service.requests.length
    page.show('hidden')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(service.requests).toHaveLength(count)
    expect(vi.getTimerCount()).toBe(0)
    await flags.close()
  })

  it('ignores events of a stream that was closed', async () => {
    const flags = await openClient()
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(1_000)
    stream.opened[0]?.fail()
    expect(stream.open()).toHaveLength(1)
    await flags.close()
    const count = service.requests.length
    stream.opened[1]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(service.requests).toHaveLength(count)
  })

  it('loads a missed change before it reopens', async () => {
    const flags = await openClient()
    stream.opened[0]?.fail()
    service.answers.bundle = off(8)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('reopens at the address of the newest answer', async () => {
    const flags = await openClient()
    service.answers.bundle = () => answerJson({ ...BUNDLE, stream: '/v1/stream?token=new' })
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(stream.opened.at(-1)?.url).toBe('https://flags.test/v1/stream?token=new')
    await flags.close()
  })

  it('reads go on while the stream cannot open', async () => {
    const flags = await openClient()
    service.answers.bundle = unreachable
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await flags.close()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('Stream in a hidden page', () => {
  it('closes, and reopens after a load when the page is visible', async () => {
    service.answers.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    const flags = await openClient()
    page.show('hidden')
    expect(stream.open()).toEqual([])
    await vi.advanceTimersByTimeAsync(600_000)
    expect(service.requests).toHaveLength(1)
    service.answers.bundle = off(8)
    page.show('visible')
    await vi.advanceTimersByTimeAsync(0)
    expect(service.requests.at(-1)?.headers.get('If-None-Match')).toBeNull()
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })

  it('ends in the last state when the page is hidden and shown quickly', async () => {
    const flags = await openClient()
    for (const state of ['hidden', 'visible', 'hidden'] as const) page.show(state)
    await vi.advanceTimersByTimeAsync(0)
    expect(stream.open()).toEqual([])
    for (const state of ['visible', 'hidden', 'visible', 'visible'] as const) page.show(state)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })
})

it('Stream: opens on a server only with a given EventSource class', async () => {
  vi.unstubAllGlobals()
  const source = vi.fn<() => void>()
  vi.stubGlobal('EventSource', source)
  await createTestClient(service).getFlag(ANNA, 'on')
  expect(source).not.toHaveBeenCalled()
  const flags = client()
  await flags.getFlag(ANNA, 'on')
  expect(stream.open()).toHaveLength(1)
  await flags.close()
})
