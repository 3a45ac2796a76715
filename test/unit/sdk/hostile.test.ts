import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFlagsClient, type FlagsClient } from '../../../sdk/client.ts'
import { openAsyncStorage } from '../../../sdk/storage.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  stubPage,
  useFakeService,
} from '../../support/flags-service.ts'

/* The promise "never throws, never hangs" for inputs that no app should pass. */

const service = useFakeService()
const rejections: unknown[] = []
const onRejection = (reason: unknown) => rejections.push(reason)

beforeEach(() => {
  rejections.length = 0
  process.on('unhandledRejection', onRejection)
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(async () => {
  vi.useRealTimers()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', onRejection)
  vi.restoreAllMocks()
  if (rejections.length > 0) throw new Error('unhandled rejections', { cause: rejections })
})

const fail = (): never => {
  throw new Error('hostile')
}

const throwingProxy = new Proxy(
  {},
  // fast-check itself uses `has`.
  { get: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail },
)

const withThrowingGetter = (name: string) =>
  Object.defineProperty({ userId: 'anna' }, name, { enumerable: true, get: fail })

const revokedProxy = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
  fc.constantFrom<unknown>(
    throwingProxy,
    Symbol('s'),
    fail,
    () => Promise.reject(new Error('hostile')),
    NaN,
    Infinity,
    -1,
    '\uD800',
  ),
)

const attributes = [
  'userId',
  'targetingKey',
  'role',
  'city',
  'category',
  'categories',
  'anonymous',
  'isBot',
]
const hostileContext = fc.oneof(
  hostileValue,
  fc.constantFrom(...attributes).map(withThrowingGetter),
  fc.dictionary(fc.constantFrom(...attributes), hostileValue),
)

const hostileStorage = fc.constantFrom<unknown>(
  { getItem: fail, setItem: fail },
  { getItem: () => Promise.reject(new Error('x')), setItem: () => Promise.reject(new Error('x')) },
  { getItem: () => '{"key":{}}', setItem: () => {} },
  { getItem: () => '[{"key":"{","bundle":7},{"key":7}]', setItem: () => {} },
  { getItem: 7 },
  Object.defineProperty({}, 'getItem', { get: fail }),
  throwingProxy,
  7,
)

const hostileFetch = fc.constantFrom<unknown>(
  fail,
  () => undefined,
  () => ({}),
  async () => ({ status: 200, headers: { get: fail }, text: fail }),
  async () => answerJson(BUNDLE),
  async () => answerJson({ ...BUNDLE, staleTime: -1, version: NaN, stream: '//' }),
  () => new Promise(() => {}),
  7,
)

/** In jsdom the global AbortController is not the one that Node's fetch knows. */
class ForeignController {
  readonly signal = Object.assign(new EventTarget(), { aborted: false })
  abort() {
    this.signal.aborted = true
  }
}

/** What the client looks up in the global scope. */
const GLOBALS = [
  'AbortController',
  'TextEncoder',
  'crypto',
  'performance',
  'Request',
  'EventSource',
  'BroadcastChannel',
  'navigator',
  'localStorage',
  'document',
  'addEventListener',
] as const

const HostileSource = function () {
  fail()
}

const hostileOptions = fc.record(
  {
    url: fc.oneof(fc.constant('https://flags.test'), hostileValue),
    key: fc.oneof(fc.constant('k'), hostileValue),
    timeoutMs: fc.oneof(fc.constant(50), hostileValue),
    storage: fc.oneof(hostileStorage, hostileValue),
    stream: fc.oneof(fc.constant(HostileSource), hostileValue),
    evaluation: fc.oneof(fc.constant('local'), hostileValue),
    snapshotFile: fc.oneof(fc.constant('/dev/null/no-folder/file'), hostileValue),
    keepVariants: hostileValue,
    keepValues: hostileValue,
    maxBuffered: hostileValue,
    maxContexts: fc.oneof(fc.constant(1), hostileValue),
    onError: fc.oneof(fc.constant(fail), hostileValue),
    onDrop: fc.oneof(fc.constant(fail), hostileValue),
    waitUntil: fc.oneof(fc.constant(undefined), fc.constant(fail)),
    fetch: hostileFetch,
    now: hostileValue,
    random: hostileValue,
  },
  { requiredKeys: [] },
)

/** Calls every function of a client. True when all promises have settled. */
const useEverything = async (flags: FlagsClient, context: unknown, value: unknown) => {
  const [who, any] = [context as never, value as never]
  const stop = flags.subscribe(who, fail)
  const stopStatus = flags.onStatus(fail, who)
  const calls = Promise.all([
    flags.getFlag(who, any, true),
    flags.getAllFlags(who),
    flags.assignVariant(who, any),
    flags.getVariant(who, any),
    flags.getBundle(who, any),
    flags.identify(any, any),
    flags.ready(who),
    flags.ready(),
    flags.refresh(who),
    flags.refresh(),
  ])
  flags.seed(who, any)
  flags.peek(who)
  expect(typeof flags.peekFlag(who, any, true)).toBe('boolean')
  flags.verifiedAt(who)
  flags.keepVariant(who, any, any)
  expect(typeof flags.logExposure(who, any, any)).toBe('boolean')
  expect(typeof flags.track(who, any)).toBe('boolean')
  expect(['starting', 'ready', 'stale', 'offline']).toContain(flags.status(who).state)
  expect(flags.pending().waiting).toBeGreaterThanOrEqual(0)
  const settled = vi.fn<() => void>()
  void calls.then(settled)
  await vi.dynamicImportSettled()
  await vi.advanceTimersByTimeAsync(12_000)
  stop()
  stopStatus()
  void flags.close()
  await vi.advanceTimersByTimeAsync(12_000)
  return settled.mock.calls.length === 1
}

describe('Client', { timeout: 60_000 }, () => {
  it('never throws, rejects or hangs for any context and key', async () => {
    await fc.assert(
      fc.asyncProperty(hostileContext, hostileValue, async (context, value) => {
        const flags = createTestClient(service, { timeoutMs: 50 })
        expect(await useEverything(flags, context, value)).toBe(true)
      }),
      { numRuns: 80 },
    )
  })

  it.each([
    ['a revoked proxy', () => revokedProxy()],
    ['an object without text', () => ({ toString: fail, valueOf: fail, toJSON: fail })],
  ])('never throws, rejects or hangs for %s', async (_, make) => {
    expect(await useEverything(createTestClient(service), make(), make())).toBe(true)
  })

  it('never throws, rejects or hangs for any options and storage', async () => {
    await fc.assert(
      fc.asyncProperty(hostileOptions, async (options) => {
        const bounded = { timeoutMs: 50, ...options }
        if (typeof bounded.timeoutMs !== 'number' || bounded.timeoutMs > 5_000)
          bounded.timeoutMs = 50
        const flags = createFlagsClient(bounded as never)
        expect(await useEverything(flags, ANNA, 'test')).toBe(true)
      }),
      { numRuns: 80 },
    )
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['a text', 'url'],
    ['a proxy that throws', throwingProxy],
    ['a revoked proxy', { proxy: revokedProxy() }.proxy],
  ] as const)('returns defaults when the options are %s', async (_, options) => {
    const flags = createFlagsClient(options as never)
    expect(await flags.getFlag(ANNA, 'on', true)).toBe(true)
  })

  it('never throws, rejects or hangs where any globals are missing, wrong or throw', async () => {
    const broken: readonly PropertyDescriptor[] = [
      { value: undefined },
      { value: {} },
      { value: 7 },
      { value: fail },
      { value: ForeignController },
      { value: throwingProxy },
      { get: fail },
    ]
    const each = GLOBALS.flatMap((name) =>
      broken.map((descriptor): [Record<string, PropertyDescriptor>, boolean] => [
        { [name]: descriptor },
        true,
      ]),
    )
    const someGlobals = fc.dictionary(
      fc.constantFrom<string[]>(...GLOBALS),
      fc.constantFrom(...broken),
      { minKeys: 2 },
    )
    await fc.assert(
      fc.asyncProperty(someGlobals, fc.boolean(), async (globals, isInPage) => {
        if (isInPage) stubPage()
        const restore = Object.entries(globals).map(([name, descriptor]) => {
          const before = Object.getOwnPropertyDescriptor(globalThis, name)
          Object.defineProperty(globalThis, name, { ...descriptor, configurable: true })
          return () =>
            before
              ? Object.defineProperty(globalThis, name, before)
              : Reflect.deleteProperty(globalThis, name)
        })
        try {
          const flags = createTestClient(service, { timeoutMs: 50 })
          expect(await useEverything(flags, ANNA, 'test')).toBe(true)
        } finally {
          restore.forEach((undo) => undo())
          vi.unstubAllGlobals()
        }
      }),
      { examples: each, numRuns: each.length + 40 },
    )
  })

  it.each(GLOBALS)('reads flags where the global %s is missing or wrong', async (name) => {
    for (const value of [undefined, {}, 7]) {
      stubPage()
      vi.stubGlobal(name, value)
      const flags = createTestClient(service)
      expect(await flags.getFlag(ANNA, 'on')).toBe(true)
      expect(flags.track(ANNA, 'event.viewed')).toBe(true)
      expect(await flags.flush()).toBe(true)
      await flags.close()
      vi.unstubAllGlobals()
    }
  })

  it('reads flags in a page that denies its storage', async () => {
    stubPage()
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'localStorage')
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, get: fail })
    const flags = createTestClient(service)
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await flags.close()
    if (descriptor) Object.defineProperty(globalThis, 'localStorage', descriptor)
    else Reflect.deleteProperty(globalThis, 'localStorage')
  })

  it('sends requests when fetch refuses the AbortSignal of the global', async () => {
    vi.stubGlobal('AbortController', ForeignController)
    const flags = createTestClient(service, {
      fetch: async (input, init) => {
        void new Request(input, init)
        return service.fetch(input, init)
      },
    })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  })
})

it('openAsyncStorage: a write that throws or rejects goes to onError', async () => {
  const onError = vi.fn<(error: unknown) => void>(fail)
  const storage = await openAsyncStorage(
    { getAllKeys: async () => [], getItem: async () => null, setItem: fail },
    onError,
  )
  storage.setItem('a', '1')
  await vi.advanceTimersByTimeAsync(0)
  expect(onError).toHaveBeenCalledOnce()
})
