import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ANNA,
  answerJson,
  BUNDLE,
  clientOf,
  memoryStorage,
  openPage,
  playStream,
  serviceOfEachTest,
  unreachable,
} from '../../support/flags-service.ts'

const service = serviceOfEachTest()
let stream: ReturnType<typeof playStream>
let page: ReturnType<typeof openPage>
beforeEach(() => {
  stream = playStream()
  page = openPage()
})

const client = () => clientOf(service, { stream: stream.EventSource, storage: memoryStorage() })
const off = (version: number) => () => answerJson({ ...BUNDLE, version, flags: { on: false } })

/** A client that follows the stream. */
const follow = async () => {
  const flags = client()
  await flags.getFlag(ANNA, 'on')
  stream.opened[0]?.announce(BUNDLE.version)
  return flags
}

describe('the stream', () => {
  it('is opened where the first answer says, and the version that is known asks for nothing', async () => {
    const flags = client()
    expect(stream.opened).toHaveLength(0)
    await flags.getFlag(ANNA, 'on')
    expect(stream.opened.map(({ url }) => url)).toEqual(['https://flags.test/v1/stream?token=t'])
    stream.opened[0]?.announce(BUNDLE.version)
    await vi.advanceTimersByTimeAsync(0)
    expect(service.asked).toHaveLength(1)
    await flags.close()
    expect(stream.open()).toEqual([])
  })

  it('is opened once when two contexts are asked for at the same time', async () => {
    const flags = client()
    await Promise.all([flags.getFlag(ANNA, 'on'), flags.getFlag({ userId: 'bert' }, 'on')])
    expect(stream.opened).toHaveLength(1)
    service.play.bundle = () => new Promise(() => {})
    void flags.getFlag({ userId: 'carl' }, 'on')
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })

  it('brings a change by one read that names the version', async () => {
    const flags = await follow()
    const heard = vi.fn<() => void>()
    flags.subscribe(ANNA, heard)
    service.play.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(service.asked.at(-1)?.query.get('minVersion')).toBe('8')
    expect(service.asked).toHaveLength(2)
    expect(heard).toHaveBeenCalledOnce()
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('that brings nothing new to this user calls nobody back', async () => {
    const flags = await follow()
    const heard = vi.fn<() => void>()
    flags.subscribe(ANNA, heard)
    const before = await flags.getAllFlags(ANNA)
    service.play.bundle = () => answerJson({ ...BUNDLE, version: 8 })
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(heard).not.toHaveBeenCalled()
    expect(flags.peek(ANNA)).toMatchObject({ version: 8, flags: before })
    await flags.close()
  })

  it('of twenty versions in a row asks until it has the last', async () => {
    const flags = await follow()
    service.play.bundle = ({ query }) =>
      answerJson({ ...BUNDLE, version: Number(query.get('minVersion')) })
    for (let version = 8; version < 28; version++) stream.opened[0]?.announce(version)
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.peek(ANNA)?.version).toBe(27)
    expect(service.asked.length).toBeLessThan(5)
    await flags.close()
  })

  it('makes the next read of another context wait for the change', async () => {
    const flags = await follow()
    await flags.getFlag({ userId: 'bert' }, 'on')
    service.play.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    await flags.close()
  })

  it('does not ask for ever for a version that nobody has', async () => {
    const flags = await follow()
    stream.opened[0]?.announce(99)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(service.asked).toHaveLength(2)
    await flags.close()
  })

  it('that brings version after version holds no read longer than it may wait', async () => {
    const flags = client()
    service.play.bundle = ({ query }) =>
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

  it('brings a change to each who listens, though others were read since and there is no more room', async () => {
    const flags = clientOf(service, {
      stream: stream.EventSource,
      storage: null,
      maxContexts: 1,
    })
    const heard = vi.fn<() => void>()
    const stop = flags.subscribe(ANNA, heard)
    for (const userId of ['anna', 'bert', 'carl']) await flags.getFlag({ userId }, 'on')
    expect(heard).toHaveBeenCalledOnce()
    service.play.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(heard).toHaveBeenCalledTimes(2)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    stop()
    service.play.bundle = () => answerJson({ ...BUNDLE, version: 9 })
    await flags.getFlag(ANNA, 'on')
    stream.opened[0]?.announce(9)
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.peek(ANNA)?.flags).toEqual(BUNDLE.flags)
    expect(heard).toHaveBeenCalledTimes(2)
    await flags.close()
  })

  it('calls back everyone, though the callback of one throws', async () => {
    const flags = await follow()
    const heard = vi.fn<() => void>()
    flags.subscribe(ANNA, () => {
      throw new Error('mine')
    })
    flags.subscribe(ANNA, heard)
    service.play.bundle = off(8)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(heard).toHaveBeenCalledOnce()
    await flags.close()
  })

  it('that is closed while it waits to ask for changes leaves no timer', async () => {
    const flags = await follow()
    service.play.bundle = () => answerJson({}, 401)
    for (const version of [8, 9]) {
      stream.opened[0]?.announce(version)
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(vi.getTimerCount()).toBe(1)
    await flags.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that announces an older version late takes nothing back', async () => {
    const flags = await follow()
    for (const version of [9, 8]) stream.opened[0]?.announce(version)
    await vi.advanceTimersByTimeAsync(0)
    await flags.getFlag({ userId: 'bert' }, 'on')
    expect(service.asked.at(-1)?.query.get('minVersion')).toBe('9')
    await flags.close()
  })

  it('that is closed while it asks for a change asks no more', async () => {
    const flags = await follow()
    service.play.bundle = () => answerJson({}, 503)
    stream.opened[0]?.announce(8)
    await flags.close()
    await vi.advanceTimersByTimeAsync(2_000)
    const asked = service.asked.length
    await vi.advanceTimersByTimeAsync(600_000)
    expect(service.asked).toHaveLength(asked)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tries again when the read after a change fails', async () => {
    const flags = await follow()
    service.play.bundle = () => answerJson({}, 503)
    stream.opened[0]?.announce(8)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    service.play.bundle = off(8)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })
})

describe('after a break', () => {
  it('comes back later each time, after a read that is unconditional', async () => {
    service.play.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    const flags = await follow()
    const waits: number[] = []
    for (let round = 0; round < 8; round++) {
      const [source] = stream.open()
      source?.fail()
      expect(stream.open()).toEqual([])
      let ms = 0
      for (; stream.open().length === 0; ms += 250) await vi.advanceTimersByTimeAsync(250)
      waits.push(ms)
      expect(service.asked.at(-1)?.headers.get('If-None-Match')).toBeNull()
    }
    expect(waits).toEqual([750, 1_500, 3_000, 6_000, 12_000, 24_000, 45_000, 45_000])
    await flags.close()
  })

  it('that ended the wait begins with the shortest again', async () => {
    const flags = await follow()
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

  it('comes back no sooner because something was read, and not at all while the page is hidden', async () => {
    const flags = await follow()
    stream.opened[0]?.fail()
    await flags.getFlag({ userId: 'bert' }, 'on')
    expect(stream.open()).toEqual([])
    const asked = service.asked.length
    page.show('hidden')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(service.asked).toHaveLength(asked)
    expect(vi.getTimerCount()).toBe(0)
    await flags.close()
  })

  it('what a stream says that was left changes nothing', async () => {
    const flags = await follow()
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(1_000)
    stream.opened[0]?.fail()
    expect(stream.open()).toHaveLength(1)
    await flags.close()
    const asked = service.asked.length
    stream.opened[1]?.announce(8)
    await vi.advanceTimersByTimeAsync(0)
    expect(service.asked).toHaveLength(asked)
  })

  it('a change that was missed is seen when it is back', async () => {
    const flags = await follow()
    stream.opened[0]?.fail()
    service.play.bundle = off(8)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await flags.close()
  })

  it('is opened where the newest answer says', async () => {
    const flags = await follow()
    service.play.bundle = () => answerJson({ ...BUNDLE, stream: '/v1/stream?token=new' })
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(stream.opened.at(-1)?.url).toBe('https://flags.test/v1/stream?token=new')
    await flags.close()
  })

  it('reads go on without it', async () => {
    const flags = await follow()
    service.play.bundle = unreachable
    stream.opened[0]?.fail()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await flags.close()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a hidden page', () => {
  it('does not listen; a visible one reads anew and listens', async () => {
    service.play.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    const flags = await follow()
    page.show('hidden')
    expect(stream.open()).toEqual([])
    await vi.advanceTimersByTimeAsync(600_000)
    expect(service.asked).toHaveLength(1)
    service.play.bundle = off(8)
    page.show('visible')
    await vi.advanceTimersByTimeAsync(0)
    expect(service.asked.at(-1)?.headers.get('If-None-Match')).toBeNull()
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })

  it('shown and hidden in a hurry ends with what it is', async () => {
    const flags = await follow()
    for (const state of ['hidden', 'visible', 'hidden'] as const) page.show(state)
    await vi.advanceTimersByTimeAsync(0)
    expect(stream.open()).toEqual([])
    for (const state of ['visible', 'hidden', 'visible', 'visible'] as const) page.show(state)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })
})

it('a server follows none, unless it is given one', async () => {
  vi.unstubAllGlobals()
  const source = vi.fn<() => void>()
  vi.stubGlobal('EventSource', source)
  await clientOf(service).getFlag(ANNA, 'on')
  expect(source).not.toHaveBeenCalled()
  const flags = client()
  await flags.getFlag(ANNA, 'on')
  expect(stream.open()).toHaveLength(1)
  await flags.close()
})
