import { backoffMs, type Clock, type Mark } from './internal.ts'

/** A read may not be stopped for longer: a proxy that asks for an hour must not keep a kill switch away. */
const MAX_RETRY_AFTER_MS = 60_000

type Settings = { readonly clock: Clock; readonly random: () => number }

/**
 * Stops requests for a while after a failure: for the service's `Retry-After`, else longer after each failure. Callers
 * never wait for it; they answer from what they have.
 */
export const createBackoff = (
  { clock, random }: Settings,
  maxRetryAfterMs = MAX_RETRY_AFTER_MS,
) => {
  let failures = 0
  let failedAt: Mark | undefined
  let pauseMs = 0
  let retryAfterMs = 0
  const remaining = (ms: number) => Math.max(0, ms - clock.elapsedMs(failedAt))
  return {
    /** How long requests stay stopped, in milliseconds; 0 when they may go. */
    remainingMs: (): number => remaining(pauseMs),
    /** True while the service's `Retry-After` lasts. */
    hasRetryAfter: (): boolean => remaining(retryAfterMs) > 0,
    succeeded: () => {
      failures = 0
      failedAt = undefined
    },
    failed: (serviceRetryAfterMs = 0) => {
      failedAt = clock.mark()
      retryAfterMs = Math.min(serviceRetryAfterMs, maxRetryAfterMs)
      pauseMs = Math.max(backoffMs(failures++, random), retryAfterMs)
    },
    /** Ends the pause, because the service may be back. A `Retry-After` stays in force. */
    reset: () => {
      failures = 0
      pauseMs = retryAfterMs
    },
  }
}

export type Backoff = ReturnType<typeof createBackoff>

/** The failures in a row after which no request may go. One request that times out is one user's trouble. */
const MAX_FAILURES = 5

/**
 * Stops the requests of all users after several failures in a row, or at once when the service sends `Retry-After`. A
 * success of any request closes it.
 */
export const createBreaker = (settings: Settings) => {
  const backoff = createBackoff(settings)
  let failures = 0
  return {
    ...backoff,
    succeeded: () => {
      failures = 0
      backoff.succeeded()
    },
    failed: (retryAfterMs?: number) => {
      if (++failures >= MAX_FAILURES || retryAfterMs !== undefined) backoff.failed(retryAfterMs)
    },
  }
}
