import { describe, expect, it, vi } from 'vitest'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  useFakeService,
  neverAnswers,
  unreachable,
} from '../../support/flags-service.ts'

const BERT = { userId: 'bert' }

const service = useFakeService()

/** The result of a read, which must come within 2 s. */
const within2s = async <T>(read: Promise<T>): Promise<T> => {
  const done = vi.fn<() => void>()
  void read.finally(done)
  for (let ms = 0; ms < 2_000 && done.mock.calls.length === 0; ms += 50)
    await vi.advanceTimersByTimeAsync(50)
  expect(done).toHaveBeenCalled()
  return read
}

const version = (number: number, flags: Record<string, boolean>) => () =>
  answerJson({ ...BUNDLE, version: number, flags })

describe('Client', () => {
  it('returns the values of the service, and the default for an unknown flag', async () => {
    const flags = createTestClient(service)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.getFlag(ANNA, 'off', true)).toBe(false)
    expect(await flags.getFlag(ANNA, 'unknown')).toBe(false)
    expect(await flags.getFlag(ANNA, 'constructor', true)).toBe(true)
    expect(await flags.getAllFlags(ANNA)).toEqual(BUNDLE.flags)
    expect(await flags.getVariant(ANNA, 'test')).toBe('A')
    expect(await flags.getVariant(ANNA, 'toString')).toBeNull()
    expect(service.requests).toHaveLength(1)
  })

  it('sends the key in a header and only evaluated attributes of the context', async () => {
    await createTestClient(service).getFlag(
      { targetingKey: 'anna', userId: 'x', category: 'b', categories: ['a', 'b'], email: 'a@b.c' },
      'on',
    )
    const [request] = service.requests
    const { headers, body } = request ?? { headers: new Headers(), body: {} }
    expect(request?.keepalive).toBe(false)
    expect(headers.get('Authorization')).toBe('Bearer flags_client_test')
    expect(body).toEqual({ context: { userId: 'anna', categories: ['a', 'b'] }, values: true })
  })

  it('accepts any value as a context', async () => {
    const flags = createTestClient(service)
    for (const context of [null, undefined, 7, 'x', [], { userId: {}, role: {}, category: 7n }])
      expect(await flags.getFlag(context as never, 'on')).toBe(true)
    expect(service.requests).toHaveLength(1)
  })

  it('sends a numeric user id as its text', async () => {
    const flags = createTestClient(service)
    await flags.getFlag({ userId: 42 }, 'on')
    await flags.getFlag({ targetingKey: 42, userId: 'x' }, 'on')
    expect(service.requests.map(({ body }) => body['context'])).toEqual([{ userId: '42' }])
    for (const userId of [NaN, Infinity, true, [42]]) await flags.getFlag({ userId } as never, 'on')
    expect(service.requests.at(-1)?.body['context']).toEqual({})
    expect(flags.track({ userId: 42 }, 'event.viewed')).toBe(true)
  })

  it('keeps the newest version when an isolate answers with an older one', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = version(8, { on: false })
    await flags.getFlag(ANNA, 'on')
    service.answers.bundle = version(7, { on: true })
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(60_000)
      expect(await flags.getFlag(ANNA, 'on', true)).toBe(false)
    }
    service.answers.bundle = version(9, { on: true })
    await vi.advanceTimersByTimeAsync(60_000)
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('keeps a stored value when an isolate answers with an older version, and asks again', async () => {
    const storage = memoryStorage()
    service.answers.bundle = version(8, { on: false })
    await createTestClient(service, { storage }).getFlag(ANNA, 'on')
    const flags = createTestClient(service, { storage })
    service.answers.bundle = version(7, { on: true })
    flags.subscribe(ANNA, () => {})
    await vi.advanceTimersByTimeAsync(0)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    expect(flags.status(ANNA).state).toBe('stale')
    service.answers.bundle = version(9, { on: true })
    await vi.advanceTimersByTimeAsync(1_500)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: true })
    await flags.close()
  })

  it('accepts an older version than the stored one when the service repeats it', async () => {
    const storage = memoryStorage()
    service.answers.bundle = version(8, { on: false })
    await createTestClient(service, { storage }).getFlag(ANNA, 'on')
    const flags = createTestClient(service, { storage })
    service.answers.bundle = version(1, { on: true })
    flags.subscribe(ANNA, () => {})
    await vi.advanceTimersByTimeAsync(10_000)
    expect(flags.peek(ANNA)?.flags).toEqual({ on: true })
    expect(flags.status(ANNA).state).toBe('ready')
    await flags.close()
  })

  it('sends one request for concurrent reads of one context', async () => {
    const flags = createTestClient(service)
    const reads = Array.from({ length: 50 }, (_, index) =>
      flags.getFlag({ ...ANNA, unknown: index }, 'on'),
    )
    expect(await Promise.all(reads)).not.toContain(false)
    expect(service.requests).toHaveLength(1)
  })

  it('reuses an answer for 30 s, then serves it while a new one loads', async () => {
    const flags = createTestClient(service)
    await flags.getFlag(ANNA, 'on')
    service.answers.bundle = version(8, { on: false })
    vi.advanceTimersByTime(29_999)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.requests).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.requests).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    expect(service.requests).toHaveLength(2)
  })

  it('sends its version and ETag, and keeps the bundle after a 304', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    await flags.getFlag(ANNA, 'on')
    const before = await flags.getAllFlags(ANNA)
    vi.advanceTimersByTime(30_000)
    service.answers.bundle = () => answerJson(null, 304, { 'X-Snapshot-Version': '9' })
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(0)
    expect(service.requests[1]?.headers.get('If-None-Match')).toBe('W/"a"')
    expect(service.requests[1]?.query.get('minVersion')).toBe('7')
    expect(flags.peek(ANNA)).toMatchObject({ version: 9, flags: before })
    expect(flags.verifiedAt(ANNA)).toBe(Date.now())
  })

  it('never mixes the bundles of two users', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = ({ body }) =>
      answerJson({ ...BUNDLE, flags: { on: JSON.stringify(body).includes('anna') } })
    const reads = Array.from({ length: 20 }, (_, index) =>
      flags.getFlag(index % 2 ? ANNA : BERT, 'on'),
    )
    expect(await Promise.all(reads)).toEqual(reads.map((_, index) => index % 2 === 1))
    expect(service.requests).toHaveLength(2)
  })

  it('answers a read whose context was evicted meanwhile', async () => {
    const flags = createTestClient(service, { maxContexts: 1 })
    const reads = [ANNA, BERT, ANNA].map((context) => flags.getFlag(context, 'on'))
    expect(await Promise.all(reads)).toEqual([true, true, true])
  })

  it('holds at most maxContexts contexts', async () => {
    const flags = createTestClient(service, { maxContexts: 3 })
    for (const userId of ['a', 'b', 'c', 'd']) await flags.getFlag({ userId }, 'on')
    await flags.getFlag({ userId: 'd' }, 'on')
    expect(service.requests).toHaveLength(4)
    await flags.getFlag({ userId: 'a' }, 'on')
    expect(service.requests).toHaveLength(5)
  })
})

describe('Client when the service fails', () => {
  const faults = {
    'cannot be reached': unreachable,
    'never answers': neverAnswers,
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

  it.each(each)('returns the default within 2 s when the service %s', async (_, fault) => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = createTestClient(service, { onError })
    service.answers.bundle = fault
    const read = flags.getFlag(ANNA, 'on', true)
    expect(await within2s(read)).toBe(true)
    expect(await flags.getAllFlags(ANNA)).toEqual({})
    expect(await flags.getVariant(ANNA, 'test')).toBeNull()
    expect(onError).toHaveBeenCalledTimes(1)
  })

  it.each(each)('returns the last answer at once when the service %s', async (_, fault) => {
    const flags = createTestClient(service)
    await flags.getFlag(ANNA, 'on')
    service.answers.bundle = fault
    for (let minute = 0; minute < 10; minute++) {
      await vi.advanceTimersByTimeAsync(60_000)
      expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    }
    await vi.advanceTimersByTimeAsync(60_000)
    service.answers.bundle = version(9, { on: false })
    await flags.getFlag(ANNA, 'on')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
  })

  it('tries three times within the timeout, then backs off', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = unreachable
    await within2s(flags.getFlag(ANNA, 'on'))
    expect(service.requests).toHaveLength(3)
    expect(await flags.getFlag(ANNA, 'on', true)).toBe(true)
    expect(service.requests).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(1_000)
    service.answers.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('starts with the shortest backoff again after a success', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = unreachable
    for (let minute = 0; minute < 8; minute++) {
      await within2s(flags.getFlag(ANNA, 'on'))
      await vi.advanceTimersByTimeAsync(60_000)
    }
    service.answers.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    service.answers.bundle = unreachable
    await within2s(flags.getFlag({ userId: 'carl' }, 'on'))
    service.answers.bundle = () => answerJson(BUNDLE)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await flags.getFlag({ userId: 'carl' }, 'on')).toBe(true)
  })

  it('aborts a request after the timeout and leaves no timer after an answer', async () => {
    const signals: (AbortSignal | null | undefined)[] = []
    const flags = createTestClient(service, {
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

  it('does not retry a 401', async () => {
    service.answers.bundle = () => answerJson({}, 401)
    await within2s(createTestClient(service).getFlag(ANNA, 'on'))
    expect(service.requests).toHaveLength(1)
  })

  it.each(['60', 'Tue, 14 Nov 2023 22:14:20 GMT'])('waits for Retry-After %s', async (wait) => {
    const flags = createTestClient(service)
    service.answers.bundle = () => answerJson({}, 429, { 'Retry-After': wait })
    await within2s(flags.getFlag(ANNA, 'on'))
    await vi.advanceTimersByTimeAsync(58_000)
    await flags.getFlag(ANNA, 'on')
    expect(service.requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_001)
    service.answers.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.requests).toHaveLength(2)
  })

  it.each([400, 413])(
    'reads other contexts when the service refuses one with %i',
    async (status) => {
      const flags = createTestClient(service)
      service.answers.bundle = ({ body }) =>
        JSON.stringify(body).includes('anna') ? answerJson(BUNDLE) : answerJson({}, status)
      expect(await within2s(flags.getFlag({ userId: 'x'.repeat(300) }, 'on', true))).toBe(true)
      expect(await flags.getAllFlags(ANNA)).toEqual(BUNDLE.flags)
      expect(service.requests).toHaveLength(2)
    },
  )

  it('ends the backoff in time when the clock is set back', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = unreachable
    await within2s(flags.getFlag(ANNA, 'on'))
    vi.setSystemTime(Date.now() - 86_400_000)
    await vi.advanceTimersByTimeAsync(1_000)
    service.answers.bundle = () => answerJson(BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('ends a read in time when the clock is set back meanwhile', async () => {
    const flags = createTestClient(service)
    service.answers.bundle = () => {
      vi.setSystemTime(Date.now() - 86_400_000)
      service.answers.bundle = neverAnswers
      return answerJson({}, 500)
    }
    expect(await within2s(flags.getFlag(ANNA, 'on', true))).toBe(true)
  })

  it('returns the default when onError throws', async () => {
    const flags = createTestClient(service, {
      onError: () => {
        throw new Error('mine')
      },
    })
    service.answers.bundle = unreachable
    expect(await within2s(flags.getFlag(ANNA, 'on', true))).toBe(true)
  })
})

const deny = () => {
  throw new DOMException('denied', 'SecurityError')
}

describe('Bundle cache', () => {
  it('serves a stored bundle first and sends its ETag', async () => {
    const storage = memoryStorage()
    service.answers.bundle = () => answerJson(BUNDLE, 200, { ETag: 'W/"a"' })
    await createTestClient(service, { storage }).getFlag(ANNA, 'on')
    const flags = createTestClient(service, { storage })
    expect(flags.peek(ANNA)).toEqual(BUNDLE)
    service.answers.bundle = version(8, { on: false })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(service.requests.at(-1)?.headers.get('If-None-Match')).toBe('W/"a"')
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
  })

  it('answers offline, each user from their own bundle', async () => {
    const storage = memoryStorage()
    const before = createTestClient(service, { storage })
    await before.getFlag(ANNA, 'on')
    service.answers.bundle = version(8, { on: false })
    await before.getFlag(BERT, 'on')
    service.answers.bundle = unreachable
    const flags = createTestClient(service, { storage })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    expect(await flags.getFlag(BERT, 'on', true)).toBe(false)
    expect(await within2s(flags.getFlag({ userId: 'carl' }, 'on'))).toBe(false)
  })

  it('separates services and keys', async () => {
    const storage = memoryStorage()
    await createTestClient(service, { storage }).getFlag(ANNA, 'on')
    expect(createTestClient(service, { storage, key: 'other' }).peek(ANNA)).toBeUndefined()
    expect(createTestClient(service, { storage, url: 'https://b.test' }).peek(ANNA)).toBeUndefined()
  })

  it('stores the last five users', async () => {
    const storage = memoryStorage()
    const flags = createTestClient(service, { storage })
    for (const userId of 'abcdefg') await flags.getFlag({ userId }, 'on')
    const known = Array.from('abcdefg').filter((userId) =>
      createTestClient(service, { storage }).peek({ userId }),
    )
    expect(known.join('')).toBe('cdefg')
  })

  it.each(['', '{', 'null', '7', '[7,null,{"key":"{}"}]', '[{"key":"{}","bundle":{"flags":7}}]'])(
    'ignores an unreadable value in storage: %s',
    async (text) => {
      const storage = { getItem: () => text, setItem: () => {} }
      const flags = createTestClient(service, { storage })
      expect(flags.peek({})).toBeUndefined()
      expect(await flags.getFlag({}, 'on')).toBe(true)
      expect(flags.logExposure(ANNA, 'test', 'A')).toBe(true)
    },
  )

  it('works when the storage throws', async () => {
    const flags = createTestClient(service, { storage: { getItem: deny, setItem: deny } })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })

  it('takes a seeded bundle as stale', async () => {
    service.answers.bundle = version(8, { on: false })
    const flags = createTestClient(service)
    flags.seed(ANNA, BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
    flags.seed(ANNA, BUNDLE)
    expect(await flags.getFlag(ANNA, 'on')).toBe(false)
  })
})
