import { attempt, backoffMs, steadyNow, type Clock, type Mark } from './internal.ts'

/** The result of a request. Status 0 means that no answer came in time, and -1 that nothing was sent. */
export type Reply = {
  readonly status: number
  readonly etag?: string | null
  /** The snapshot's version from its header; 0 without one. */
  readonly version?: number
  /** When the request was sent, and how old the answer was then: the service's `X-Snapshot-Age`, in milliseconds. */
  readonly askedAt?: Mark
  readonly ageMs?: number
  /** The parsed body; undefined when it is not complete JSON. */
  readonly body?: unknown
  /** The service's `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The error to report when the caller cannot use the reply. */
  readonly error: unknown
}

export type PostRequest = {
  readonly path: string
  /** Undefined for a GET. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The limit for the answer and all of its body, in milliseconds. */
  readonly timeoutMs: number
  /** Lets the request outlive the page. All such requests together may carry 64 KB. */
  readonly keepalive?: boolean
}

/** Sends one request. Never rejects. */
export type Post = (request: PostRequest) => Promise<Reply>

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
const parseRetryAfter = (value: string, now: number): number | undefined => {
  const ms = Number(value) * 1000 || Date.parse(value) - now
  return ms >= 0 ? ms : undefined
}

type Settings = {
  readonly url: string
  readonly key: string
  readonly isConfigured: boolean
  readonly timeoutMs: number
  readonly fetch: typeof fetch
  readonly clock: Clock
}

/**
 * Makes an AbortController that `fetch` accepts. In jsdom the global one belongs to another realm, and Node's `fetch`
 * throws on its signals; then requests go without a signal, and only their timer ends them.
 */
export const createAbort = (): AbortController | undefined =>
  attempt(() => {
    const abort = new AbortController()
    void new Request('http://localhost', { signal: abort.signal })
    return abort
  })

/** A request that takes this share of the timeout may wait for a connection that a stream holds. */
const SLOW_SHARE = 0.5

/** Makes the function that sends requests to one service with one key. */
export const createPost = (settings: Settings, onSlow?: () => void): Post => {
  const { url, key, isConfigured, fetch, clock } = settings

  const send = async (request: PostRequest, signal: AbortSignal | undefined): Promise<Reply> => {
    const { path, body, headers, keepalive = false } = request
    const askedAt = clock.mark()
    const response = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      keepalive,
      ...(signal && { signal }),
    })
    const header = (name: string) => response.headers.get(name)
    const text = await response.text()
    return {
      status: response.status,
      error: new Error(`${path} answered ${response.status}`),
      etag: header('ETag'),
      version: Number(header('X-Snapshot-Version')),
      askedAt,
      ageMs: Number(header('X-Snapshot-Age')) * 1000 || 0,
      retryAfterMs: parseRetryAfter(header('Retry-After') ?? '', clock.now()),
      body: attempt(() => JSON.parse(text)),
    }
  }

  return (request) =>
    new Promise((resolve) => {
      const fail = (error: unknown) => resolve({ status: 0, error })
      if (!isConfigured)
        return resolve({ status: -1, error: new Error('the client has no usable url and key') })
      const abort = createAbort()
      // A `fetch` of the app may ignore the signal, so the timer also settles the promise.
      const timer = setTimeout(() => {
        fail(new Error('no answer in time'))
        abort?.abort()
      }, request.timeoutMs)
      const slowTimer = onSlow && setTimeout(onSlow, settings.timeoutMs * SLOW_SHARE)
      void send(request, abort?.signal)
        .finally(() => {
          clearTimeout(timer)
          clearTimeout(slowTimer)
        })
        .then(resolve, fail)
    })
}

/** True when the same request may succeed a little later. */
const isWorthRetrying = ({ status }: Reply): boolean =>
  [0, 408, 429].includes(status) || status >= 500

/** True when the service would refuse the same request again. */
export const isPermanentFailure = ({ status }: Reply): boolean => [400, 413].includes(status)

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 100

/**
 * Repeats a request up to three times within its `timeoutMs`, with a backoff or the service's `Retry-After` in between.
 * Never rejects. `performance.now` does not jump when the device's clock is set.
 */
export const withRetries =
  (post: Post, { random }: { readonly random: () => number }): Post =>
  async (request) => {
    const deadline = steadyNow() + request.timeoutMs
    for (let tries = 1; ; tries++) {
      const reply = await post({ ...request, timeoutMs: deadline - steadyNow() })
      const pauseMs = reply.retryAfterMs ?? backoffMs(tries, random, FIRST_PAUSE_MS)
      const isInTime = steadyNow() + pauseMs < deadline
      if (!isWorthRetrying(reply) || tries === ATTEMPTS || !isInTime) return reply
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
