import { afterEach, beforeEach, vi } from 'vitest'
import type { SnapshotDocument } from '../../schema/snapshot-document.ts'
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

/** The same values as a snapshot. */
export const SNAPSHOT: SnapshotDocument = {
  format: 1,
  version: 7,
  flags: [
    { key: 'on', enabled: true, rollout: 100, rules: null },
    { key: 'off', enabled: false, rollout: 100, rules: null },
  ],
  experiments: [
    {
      key: 'test',
      status: 'RUNNING',
      variants: [
        { name: 'A', weight: 1 },
        { name: 'B', weight: 0 },
      ],
      startAt: null,
      stopAt: null,
      isBucketed: true,
      hasInherited: false,
    },
  ],
  stream: '/v1/stream?token=t',
}

export const ANNA = { userId: 'anna' }

export type SentRequest = {
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Record<string, unknown>
  readonly headers: Headers
  readonly keepalive: boolean
}

type Answer = Response | Promise<Response>
type AnswerFunction = (request: SentRequest) => Answer

export const answerJson = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(status === 304 ? null : JSON.stringify(body), { status, headers })

/** Accepts every item of a batch. */
export const acceptAll: AnswerFunction = ({ path, body }) =>
  answerJson(
    { accepted: (body[path.slice(4)] as unknown[]).length, duplicates: 0, rejected: [] },
    202,
  )

/** A fake service. It records the requests; a test replaces its answers. */
export const createFakeService = () => {
  const requests: SentRequest[] = []
  const answers = {
    bundle: ((_request) => answerJson(BUNDLE)) as AnswerFunction,
    snapshot: ((_request) => answerJson(SNAPSHOT)) as AnswerFunction,
    assign: ((_request) => answerJson({ variant: 'A', isNew: true })) as AnswerFunction,
    batch: acceptAll,
    identify: ((_request) =>
      answerJson({ variants: {}, conflicts: [], version: BUNDLE.version })) as AnswerFunction,
  }
  const fakeFetch = vi.fn<typeof fetch>(async (input, init) => {
    const url = new URL(input as string)
    const request: SentRequest = {
      path: url.pathname,
      query: url.searchParams,
      body: init?.body === undefined ? {} : JSON.parse(init.body as string),
      headers: new Headers(init?.headers as HeadersInit),
      keepalive: (init as { keepalive?: boolean } | undefined)?.keepalive === true,
    }
    requests.push(request)
    const answer =
      request.path === '/v1/bundle'
        ? answers.bundle
        : request.path === '/v1/snapshot'
          ? answers.snapshot
          : request.path.endsWith('/assign')
            ? answers.assign
            : request.path === '/v1/identify'
              ? answers.identify
              : answers.batch
    return answer(request)
  })
  const requestsTo = (path: string) => requests.filter((request) => request.path === path)
  return { requests, requestsTo, answers, fetch: fakeFetch }
}

export type FakeService = ReturnType<typeof createFakeService>

/** One fake service for a test file, reset before each test, with fake timers. */
export const useFakeService = (): FakeService => {
  const service = createFakeService()
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 })
    Object.assign(service, createFakeService())
  })
  afterEach(() => {
    // In this order: a test may have replaced a fake timer.
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })
  return service
}

export const neverAnswers: AnswerFunction = () => new Promise(() => {})
export const unreachable: AnswerFunction = () => Promise.reject(new TypeError('fetch failed'))

export const memoryStorage = (values = new Map<string, string>()) => ({
  values,
  getItem: (key: string) => values.get(key) ?? null,
  setItem: (key: string, value: string) => void values.set(key, value),
})

export const createTestClient = (service: FakeService, options: Partial<FlagsOptions> = {}) =>
  createFlagsClient({
    url: 'https://flags.test',
    key: 'flags_client_test',
    fetch: service.fetch,
    random: () => 0.5,
    ...options,
  })

/** Stubs the globals of a browser's page. */
export const stubPage = () => {
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

/** An EventSource class whose events a test sends. */
export const stubEventSource = () => {
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
    heartbeat(version: number) {
      this.listeners.get('heartbeat')?.({ type: 'heartbeat', lastEventId: String(version) })
    }
    fail() {
      this.listeners.get('error')?.({ type: 'error' })
    }
  }
  return { opened, EventSource: FakeSource, open: () => opened.filter((each) => !each.isClosed) }
}
