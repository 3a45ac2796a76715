import { afterEach, beforeEach, vi } from 'vitest'
import type { Bundle } from '../../sdk/bundle.ts'
import { createFlagsClient } from '../../sdk/client.ts'
import type { FlagsOptions } from '../../sdk/options.ts'

export const BUNDLE: Bundle = {
  flags: { on: true, off: false },
  variants: { test: 'A' },
  version: 7,
  staleTime: 30,
  stream: '/v1/stream?token=t',
}

export const ANNA = { userId: 'anna' }

export type Asked = {
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Record<string, unknown>
  readonly headers: Headers
  readonly keepalive: boolean
}

type Answer = Response | Promise<Response>
type Answering = (asked: Asked) => Answer

export const answerJson = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(status === 304 ? null : JSON.stringify(body), { status, headers })

/** Takes a whole batch. */
export const takeAll: Answering = ({ path, body }) =>
  answerJson(
    { accepted: (body[path.slice(4)] as unknown[]).length, duplicates: 0, rejected: [] },
    202,
  )

/** A service that a test plays: it notes what it is asked, and answers as it is told. */
export const playService = () => {
  const asked: Asked[] = []
  const play = {
    bundle: ((_asked) => answerJson(BUNDLE)) as Answering,
    assign: ((_asked) => answerJson({ variant: 'A', isNew: true })) as Answering,
    batch: takeAll,
    identify: ((_asked) =>
      answerJson({ variants: {}, conflicts: [], version: BUNDLE.version })) as Answering,
  }
  const fetchIt = vi.fn<typeof fetch>(async (input, init) => {
    const url = new URL(input as string)
    const one: Asked = {
      path: url.pathname,
      query: url.searchParams,
      body: JSON.parse(init?.body as string),
      headers: new Headers(init?.headers as HeadersInit),
      keepalive: (init as { keepalive?: boolean } | undefined)?.keepalive === true,
    }
    asked.push(one)
    const answering =
      one.path === '/v1/bundle'
        ? play.bundle
        : one.path.endsWith('/assign')
          ? play.assign
          : one.path === '/v1/identify'
            ? play.identify
            : play.batch
    return answering(one)
  })
  const to = (path: string) => asked.filter((one) => one.path === path)
  return { asked, to, play, fetch: fetchIt }
}

export type Service = ReturnType<typeof playService>

/** The service of a test file: in each test as if nothing had been asked yet, at a time that passes when the test says. */
export const serviceOfEachTest = (): Service => {
  const service = playService()
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 })
    Object.assign(service, playService())
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
  return service
}

/** Never answers. */
export const silence: Answering = () => new Promise(() => {})
export const unreachable: Answering = () => Promise.reject(new TypeError('fetch failed'))

/** A storage in memory. */
export const memoryStorage = (values = new Map<string, string>()) => ({
  values,
  getItem: (key: string) => values.get(key) ?? null,
  setItem: (key: string, value: string) => void values.set(key, value),
})

export const clientOf = (service: Service, options: Partial<FlagsOptions> = {}) =>
  createFlagsClient({
    url: 'https://flags.test',
    key: 'flags_client_test',
    fetch: service.fetch,
    random: () => 0.5,
    ...options,
  })

/** What a page is to the client: visible or not, with events of its own. */
export const openPage = () => {
  const page = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  return {
    fire: (type: string) => page.dispatchEvent(new Event(type)),
    show(state: 'visible' | 'hidden') {
      document.visibilityState = state
      document.dispatchEvent(new Event('visibilitychange'))
    },
  }
}

type SourceEvent = { type: string; lastEventId?: string }

/** An EventSource that a test plays. */
export const playStream = () => {
  const opened: FakeSource[] = []
  class FakeSource {
    readonly listeners = new Map<string, (event: SourceEvent) => void>()
    isClosed = false
    readonly url: string
    constructor(url: string) {
      this.url = url
      opened.push(this)
    }
    addEventListener(type: string, listener: (event: SourceEvent) => void) {
      this.listeners.set(type, listener)
    }
    close() {
      this.isClosed = true
    }
    announce(version: number) {
      this.listeners.get('message')?.({ type: 'message', lastEventId: String(version) })
    }
    fail() {
      this.listeners.get('error')?.({ type: 'error' })
    }
  }
  return { opened, EventSource: FakeSource, open: () => opened.filter((each) => !each.isClosed) }
}
