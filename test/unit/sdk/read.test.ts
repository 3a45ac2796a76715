import { describe, expect, it, vi } from 'vitest'
import {
  ANNA,
  answerJson,
  BUNDLE,
  clientOf,
  memoryStorage,
  serviceOfEachTest,
  silence,
  unreachable,
} from '../../support/flags-service.ts'

const BERT = { userId: 'bert' }

const service = serviceOfEachTest()

/** What comes of a read, and not later than it may. */
const inTime = async <T>(read: Promise<T>): Promise<T> => {
  const done = vi.fn<() => void>()
  void read.finally(done)
  for (let ms = 0; ms < 2_000 && done.mock.calls.length === 0; ms += 50)
    await vi.advanceTimersByTimeAsync(50)
  expect(done).toHaveBeenCalled()
  return read
}

const version = (number: number, flags: Record<string, boolean>) => () =>
  answerJson({ ...BUNDLE, version: number, flags })

describe('a read', () => {
  it('answers what the service says, and the default for a flag that it does not know', async () => {
    const flags = clientOf(service)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.getFlag(ANNA, 'off', true)).toBe(false)
    expect(await flags.getFlag(ANNA, 'unknown')).toBe(false)
    expect(await flags.getFlag(ANNA, 'constructor', true)).toBe(true)
    expect(await flags.getAllFlags(ANNA)).toEqual(BUNDLE.flags)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(await flags.getVariant(ANNA, 'toString')).toBeNull()
    expect(service.asked).toHaveLength(1)
  })

  it('sends the key in a header, and of the context what is evaluated', async () => {
    await clientOf(service).getFlag(
      { targetingKey: 'anna', userId: 'x', category: 'b', categories: ['a', 'b'], email: 'a@b.c' },
      'on',
    )
    const [asked] = service.asked
    const { headers, body } = asked ?? { headers: new Headers(), body: {} }
    expect(asked?.keepalive).toBe(false)
    expect(headers.get('Authorization')).toBe('Bearer flags_client_test')
    expect(body).toEqual({ context: { userId: 'anna', categories: ['a', 'b'] } })
  })

  it('takes anything for a context', async () => {
    const flags = clientOf(service)
    for (const context of [null, undefined, 7, 'x', [], { userId: 7, role: {}, category: 7n }])
      expect(await flags.getFlag(context as never, 'on')).toBe(true)
    expect(service.asked).toHaveLength(1)
  })

  it('never goes back to an older version, though an isolate may: a kill switch stays pulled', async () => {
    const flags = clientOf(service)
    service.play.bundle = version(8, { on: false })
    await flags.getFlag(ANNA, 'on')
    service.play.bundle = version(7, { on: true })
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(60_000)
      expect(await flags.getFlag(ANNA, 'on', true)).toBe(false)
    }
    service.play.bundle = version(9, { on: true })
    await vi.advanceTimersByTimeAsync(60_000)
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('shares one request with others at the same time', async () => {
    const flags = clientOf(service)
    const reads = Array.from({ length: 50 }, (_, index) =>
      flags.getFlag({ ...ANNA, unknown: index }, 'on'),
    )
    expect(await Promise.all(reads)).not.toContain(false)
    expect(service.asked).toHaveLength(1)
  })

  it('reuses an answer for 30 s, then serves it while it asks again', async () => {
    const flags = clientOf(service)
    await flags.getFlag(ANNA, 'on')
    service.play.bundle = version(8, { on: false })
    vi.advanceTimersByTime(29_999)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.asked).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    expect(service.asked).toHaveLength(2)
  })

  it('asks for no version older than it knows, and takes 304 for "as before"', async () => {
    const flags = clientOf(service)
    service.play.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    await flags.getFlag(ANNA, 'on')
    const before = await flags.getAllFlags(ANNA)
    vi.advanceTimersByTime(30_000)
    service.play.bundle = () => answerJson(null, 304, { 'X-Snapshot-Version': '9' })
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(0)
    expect(service.asked[1]?.headers.get('If-None-Match')).toBe('W/"a"')
    expect(service.asked[1]?.query.get('minVersion')).toBe('7')
    expect(flags.peek(ANNA)).toMatchObject({ version: 9, flags: before })
    expect(flags.verifiedAt(ANNA)).toBe(Date.now())
  })

  it('never mixes the answers of two users', async () => {
    const flags = clientOf(service)
    service.play.bundle = ({ body }) =>
      answerJson({ ...BUNDLE, flags: { on: JSON.stringify(body).includes('anna') } })
    const reads = Array.from({ length: 20 }, (_, index) =>
      flags.getFlag(index % 2 ? ANNA : BERT, 'on'),
    )
    expect(await Promise.all(reads)).toEqual(reads.map((_, index) => index % 2 === 1))
    expect(service.asked).toHaveLength(2)
  })

  it('is answered though others came in between, for whom there was no room', async () => {
    const flags = clientOf(service, { maxContexts: 1 })
    const reads = [ANNA, BERT, ANNA].map((context) => flags.getFlag(context, 'on'))
    expect(await Promise.all(reads)).toEqual([true, true, true])
  })

  it('holds no more contexts than it is told', async () => {
    const flags = clientOf(service, { maxContexts: 3 })
    for (const userId of ['a', 'b', 'c', 'd']) await flags.getFlag({ userId }, 'on')
    await flags.getFlag({ userId: 'd' }, 'on')
    expect(service.asked).toHaveLength(4)
    await flags.getFlag({ userId: 'a' }, 'on')
    expect(service.asked).toHaveLength(5)
  })
})

describe('when the service fails', () => {
  const faults = {
    'cannot be reached': unreachable,
    'never answers': silence,
    'answers 500': () => answerJson({ errorCode: 'GENERAL' }, 500),
    'answers 401': () => answerJson({ errorCode: 'UNAUTHORIZED' }, 401),
    'answers 429': () => answerJson({}, 429, { 'Retry-After': '60' }),
    'answers garbage': () => new Response('<html>sign in to the wifi</html>'),
    'answers half a body': () => new Response(JSON.stringify(BUNDLE).slice(0, 40)),
    'answers something else': () => answerJson({ flags: { on: 'yes' } }),
    'answers null': () => answerJson(null),
    'answers 304 to nothing': () => answerJson(null, 304),
    'throws at once': () => {
      throw new Error('blocked by the client')
    },
  }
  const each = Object.entries(faults)

  it.each(each)('and %s, a first read is the default, in 2 s', async (_, fault) => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = clientOf(service, { onError })
    service.play.bundle = fault
    const read = flags.getFlag(ANNA, 'on', true)
    expect(await inTime(read)).toBe(true)
    expect(await flags.getAllFlags(ANNA)).toEqual({})
    expect(await flags.getVariant(ANNA, 'test')).toBeNull()
    expect(onError).toHaveBeenCalledTimes(1)
  })

  it.each(each)('and %s, later reads are the last answer, at once', async (_, fault) => {
    const flags = clientOf(service)
    await flags.getFlag(ANNA, 'on')
    service.play.bundle = fault
    for (let minute = 0; minute < 10; minute++) {
      await vi.advanceTimersByTimeAsync(60_000)
      expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    }
    await vi.advanceTimersByTimeAsync(60_000)
    service.play.bundle = version(9, { on: false })
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
  })

  it('the client asks three times within the time, and then leaves it alone for a while', async () => {
    const flags = clientOf(service)
    service.play.bundle = unreachable
    await inTime(flags.getFlag(ANNA, 'on'))
    expect(service.asked).toHaveLength(3)
    expect(await flags.getFlag(ANNA, 'on', true)).toBe(true)
    expect(service.asked).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(1_000)
    service.play.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('and is back, the next failure is the first again', async () => {
    const flags = clientOf(service)
    service.play.bundle = unreachable
    for (let minute = 0; minute < 8; minute++) {
      await inTime(flags.getFlag(ANNA, 'on'))
      await vi.advanceTimersByTimeAsync(60_000)
    }
    service.play.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    service.play.bundle = unreachable
    await inTime(flags.getFlag({ userId: 'carl' }, 'on'))
    service.play.bundle = () => answerJson(BUNDLE)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await flags.getFlag({ userId: 'carl' }, 'on')).toBe(true)
  })

  it('a request that takes too long is given up, and one that is answered leaves no timer', async () => {
    const signals: (AbortSignal | null | undefined)[] = []
    const flags = clientOf(service, {
      fetch: (_, init) => {
        signals.push(init?.signal)
        return signals.length === 1 ? Promise.resolve(answerJson(BUNDLE)) : new Promise(() => {})
      },
    })
    await flags.getFlag(ANNA, 'on')
    expect(vi.getTimerCount()).toBe(0)
    void flags.getFlag({ userId: 'bert' }, 'on')
    expect(signals[1]?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(signals.map((signal) => signal?.aborted)).toEqual([false, true])
  })

  it('only once, what a retry does not mend is not repeated', async () => {
    service.play.bundle = () => answerJson({}, 401)
    await inTime(clientOf(service).getFlag(ANNA, 'on'))
    expect(service.asked).toHaveLength(1)
  })

  it.each(['60', 'Tue, 14 Nov 2023 22:14:20 GMT'])('Retry-After %s is obeyed', async (wait) => {
    const flags = clientOf(service)
    service.play.bundle = () => answerJson({}, 429, { 'Retry-After': wait })
    await inTime(flags.getFlag(ANNA, 'on'))
    await vi.advanceTimersByTimeAsync(58_000)
    await flags.getFlag(ANNA, 'on')
    expect(service.asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_001)
    service.play.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.asked).toHaveLength(2)
  })

  it.each([400, 413])('over one context (%i), the others are asked for as ever', async (status) => {
    const flags = clientOf(service)
    service.play.bundle = ({ body }) =>
      JSON.stringify(body).includes('anna') ? answerJson(BUNDLE) : answerJson({}, status)
    expect(await inTime(flags.getFlag({ userId: 'x'.repeat(300) }, 'on', true))).toBe(true)
    expect(await flags.getAllFlags(ANNA)).toEqual(BUNDLE.flags)
    expect(service.asked).toHaveLength(2)
  })

  it('the clock may be set back: it is asked again no later', async () => {
    const flags = clientOf(service)
    service.play.bundle = unreachable
    await inTime(flags.getFlag(ANNA, 'on'))
    vi.setSystemTime(Date.now() - 86_400_000)
    await vi.advanceTimersByTimeAsync(1_000)
    service.play.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('and the clock is set back meanwhile, a read waits no longer', async () => {
    const flags = clientOf(service)
    service.play.bundle = () => {
      vi.setSystemTime(Date.now() - 86_400_000)
      service.play.bundle = silence
      return answerJson({}, 500)
    }
    expect(await inTime(flags.getFlag(ANNA, 'on', true))).toBe(true)
  })

  it('a callback of the app that throws harms no read', async () => {
    const flags = clientOf(service, {
      onError: () => {
        throw new Error('mine')
      },
    })
    service.play.bundle = unreachable
    expect(await inTime(flags.getFlag(ANNA, 'on', true))).toBe(true)
  })
})

const refuse = () => {
  throw new DOMException('denied', 'SecurityError')
}

describe('what is kept over a restart', () => {
  it('is served first, and asked for again with its tag', async () => {
    const storage = memoryStorage()
    service.play.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    await clientOf(service, { storage }).getFlag(ANNA, 'on')
    const flags = clientOf(service, { storage })
    expect(flags.peek(ANNA)).toEqual(BUNDLE)
    service.play.bundle = version(8, { on: false })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.asked.at(-1)?.headers.get('If-None-Match')).toBe('W/"a"')
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
  })

  it('answers offline, each user with the own answers alone', async () => {
    const storage = memoryStorage()
    const before = clientOf(service, { storage })
    await before.getFlag(ANNA, 'on')
    service.play.bundle = version(8, { on: false })
    await before.getFlag(BERT, 'on')
    service.play.bundle = unreachable
    const flags = clientOf(service, { storage })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.getFlag(BERT, 'on', true)).toBe(false)
    expect(await inTime(flags.getFlag({ userId: 'carl' }, 'on'))).toBe(false)
  })

  it('is of one service and one key', async () => {
    const storage = memoryStorage()
    await clientOf(service, { storage }).getFlag(ANNA, 'on')
    expect(clientOf(service, { storage, key: 'other' }).peek(ANNA)).toBeUndefined()
    expect(clientOf(service, { storage, url: 'https://b.test' }).peek(ANNA)).toBeUndefined()
  })

  it('is of the last five users', async () => {
    const storage = memoryStorage()
    const flags = clientOf(service, { storage })
    for (const userId of 'abcdefg') await flags.getFlag({ userId }, 'on')
    const known = Array.from('abcdefg').filter((userId) =>
      clientOf(service, { storage }).peek({ userId }),
    )
    expect(known.join('')).toBe('cdefg')
  })

  it.each(['', '{', 'null', '7', '[7,null,{"key":"{}"}]', '[{"key":"{}","bundle":{"flags":7}}]'])(
    'is none when it cannot be read: %s',
    async (text) => {
      const storage = { getItem: () => text, setItem: () => {} }
      const flags = clientOf(service, { storage })
      expect(flags.peek({})).toBeUndefined()
      expect(await flags.getFlag({}, 'on')).toBe(true)
      expect(flags.logExposure(ANNA, 'test', 'A')).toBe(true)
    },
  )

  it('is none when the storage refuses everything', async () => {
    const flags = clientOf(service, { storage: { getItem: refuse, setItem: refuse } })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('may come with the page, and counts as stale', async () => {
    service.play.bundle = version(8, { on: false })
    const flags = clientOf(service)
    flags.seed(ANNA, BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    flags.seed(ANNA, BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
  })
})
