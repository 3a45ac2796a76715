import { attempt } from './attempt.ts'
import { pauseAfter } from './time.ts'

/** What became of a request. Status 0: no answer came, in time or at all. */
export type Reply = {
  readonly status: number
  readonly etag?: string | null
  /** The snapshot's version, as a header says it; 0 when none does. */
  readonly version?: number
  /** The parsed body; undefined when it is no JSON, or only half of it. */
  readonly body?: unknown
  /** How long the service asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** What to say if this is not what was asked for. */
  readonly error: unknown
}

export type Sending = {
  readonly path: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** For the answer and all of its body, in milliseconds. */
  readonly timeoutMs: number
  /** Lets the request outlive the page; its body may then have 64 KB, together with others under way. */
  readonly keepalive?: boolean
}

/** Sends one request. Never rejects. */
export type Post = (sending: Sending) => Promise<Reply>

/** `Retry-After` in milliseconds: it is given in seconds or as a date (RFC 9110, 10.2.3). */
const retryAfterIn = (value: string, now: number): number | undefined => {
  const ms = Number(value) * 1000 || Date.parse(value) - now
  return ms >= 0 ? ms : undefined
}

type Settings = {
  readonly url: string
  readonly key: string
  readonly fetch: typeof fetch
  readonly now: () => number
}

/** Makes what talks to one service with one key. */
export const createPost = ({ url, key, fetch, now }: Settings): Post => {
  const answer = async (sending: Sending, signal: AbortSignal): Promise<Reply> => {
    const { path, body, headers, keepalive = false } = sending
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
      retryAfterMs: retryAfterIn(header('Retry-After') ?? '', now()),
      body: attempt(() => JSON.parse(text)),
    }
  }
  return (sending) =>
    new Promise((resolve) => {
      const abort = new AbortController()
      const fail = (error: unknown) => resolve({ status: 0, error })
      // Answered as well as aborted: a `fetch` that was given from outside may not heed the signal.
      const timer = setTimeout(() => {
        fail(new Error('no answer in time'))
        abort.abort()
      }, sending.timeoutMs)
      void answer(sending, abort.signal)
        .finally(() => clearTimeout(timer))
        .then(resolve, fail)
    })
}

/** Whether the same request may be answered better a little later. */
const isWorthRetrying = ({ status }: Reply): boolean =>
  [0, 408, 429].includes(status) || status >= 500

/** Whether it would be refused again: what was asked for is wrong. */
export const isHopeless = ({ status }: Reply): boolean => [400, 413].includes(status)

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 100

type Patience = { readonly random: () => number }

/**
 * Sends a request that may be repeated, up to three times within its `timeoutMs`, pausing longer each time and as long
 * as the service asks. Never rejects. Its time is that of a clock that nobody sets.
 */
export const postPatiently =
  (post: Post, { random }: Patience): Post =>
  async (sending) => {
    const deadline = performance.now() + sending.timeoutMs
    for (let tries = 1; ; tries++) {
      const reply = await post({ ...sending, timeoutMs: deadline - performance.now() })
      const pauseMs = reply.retryAfterMs ?? pauseAfter(tries, random, FIRST_PAUSE_MS)
      const isInTime = performance.now() + pauseMs < deadline
      if (!isWorthRetrying(reply) || tries === ATTEMPTS || !isInTime) return reply
      await new Promise((wake) => setTimeout(wake, pauseMs))
    }
  }
