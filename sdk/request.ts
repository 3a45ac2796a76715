import { attempt, backoffMs } from './internal.ts'

/** The result of a request. Status 0 means that no answer came in time. */
export type Reply = {
  readonly status: number
  readonly etag?: string | null
  /** The snapshot's version from its header; 0 without one. */
  readonly version?: number
  /** The parsed body; undefined when it is not complete JSON. */
  readonly body?: unknown
  /** The service's `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The error to report when the caller cannot use the reply. */
  readonly error: unknown
}

export type Request = {
  readonly path: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The limit for the answer and all of its body, in milliseconds. */
  readonly timeoutMs: number
  /** Lets the request outlive the page. All such requests together may carry 64 KB. */
  readonly keepalive?: boolean
}

/** Sends one request. Never rejects. */
export type Post = (request: Request) => Promise<Reply>

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). */
const parseRetryAfter = (value: string, now: number): number | undefined => {
  const ms = Number(value) * 1000 || Date.parse(value) - now
  return ms >= 0 ? ms : undefined
}

type Settings = {
  readonly url: string
  readonly key: string
  readonly fetch: typeof fetch
  readonly now: () => number
}

/** Makes the function that sends requests to one service with one key. */
export const createPost = ({ url, key, fetch, now }: Settings): Post => {
  const send = async (request: Request, signal: AbortSignal): Promise<Reply> => {
    const { path, body, headers, keepalive = false } = request
    const response = await fetch(url + path, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
      signal,
      keepalive,
    })
    const header = (name: string) => response.headers.get(name)
    const text = await response.text()
    return {
      status: response.status,
      error: new Error(`${path} answered ${response.status}`),
      etag: header('ETag'),
      version: Number(header('X-Snapshot-Version')),
      retryAfterMs: parseRetryAfter(header('Retry-After') ?? '', now()),
      body: attempt(() => JSON.parse(text)),
    }
  }
  return (request) =>
    new Promise((resolve) => {
      const abort = new AbortController()
      const fail = (error: unknown) => resolve({ status: 0, error })
      // A `fetch` of the app may ignore the signal, so the timer also settles the promise.
      const timer = setTimeout(() => {
        fail(new Error('no answer in time'))
        abort.abort()
      }, request.timeoutMs)
      void send(request, abort.signal)
        .finally(() => clearTimeout(timer))
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
    const deadline = performance.now() + request.timeoutMs
    for (let tries = 1; ; tries++) {
      const reply = await post({ ...request, timeoutMs: deadline - performance.now() })
      const pauseMs = reply.retryAfterMs ?? backoffMs(tries, random, FIRST_PAUSE_MS)
      const isInTime = performance.now() + pauseMs < deadline
      if (!isWorthRetrying(reply) || tries === ATTEMPTS || !isInTime) return reply
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
