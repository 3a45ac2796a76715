import { pauseAfter } from './pause.ts'

/** What became of a request. Status 0: no answer came, in time or at all. */
export type Reply = {
  readonly status: number
  readonly headers?: Headers
  /** The parsed body; undefined when it is no JSON, or only half of it. */
  readonly body?: unknown
  /** How long the service asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  readonly error?: unknown
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

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `Retry-After` in milliseconds: it is given in seconds or as a date (RFC 9110, 10.2.3). */
const retryAfterIn = (headers: Headers, now: number): number | undefined => {
  const value = headers.get('Retry-After')
  if (!value) return undefined
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
    const { path, body, headers, keepalive } = sending
    const response = await fetch(url + path, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
      signal,
      ...(keepalive && { keepalive }),
    })
    return {
      status: response.status,
      headers: response.headers,
      retryAfterMs: retryAfterIn(response.headers, now()),
      body: parseJson(await response.text()),
    }
  }
  return async (sending) => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    // Raced as well as aborted: a `fetch` that was given from outside may not heed the signal.
    const late = new Promise<Reply>((resolve) => {
      timer = setTimeout(() => {
        resolve({ status: 0, error: new Error('no answer in time') })
        abort.abort()
      }, sending.timeoutMs)
    })
    const reply = answer(sending, abort.signal).catch((error: unknown): Reply => {
      return { status: 0, error }
    })
    return Promise.race([reply, late]).finally(() => clearTimeout(timer))
  }
}

/** Whether the same request may be answered better a little later. */
export const isWorthRetrying = ({ status }: Reply): boolean =>
  status === 0 || status === 408 || status === 429 || status >= 500

const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms))

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 100

type Patience = { readonly now: () => number; readonly random: () => number }

/**
 * Sends a request that may be repeated, up to three times within its `timeoutMs`, pausing longer each time and as long
 * as the service asks. Never rejects.
 */
export const postPatiently =
  (post: Post, { now, random }: Patience): Post =>
  async (sending) => {
    const deadline = now() + sending.timeoutMs
    for (let attempt = 1; ; attempt++) {
      const reply = await post({ ...sending, timeoutMs: deadline - now() })
      const pauseMs = reply.retryAfterMs ?? pauseAfter(attempt, FIRST_PAUSE_MS, random)
      if (!isWorthRetrying(reply) || attempt === ATTEMPTS || now() + pauseMs >= deadline)
        return reply
      await sleep(pauseMs)
    }
  }
