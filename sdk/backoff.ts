import { backoffMs, isWithin } from './internal.ts'

/** Timers cannot run for much longer, and a service that asks for more is mistaken. */
const MAX_RETRY_AFTER_MS = 86_400_000

type Settings = { readonly now: () => number; readonly random: () => number }

/**
 * Stops requests for a while after a failure: for the service's `Retry-After`, else longer after each failure. Callers
 * never wait for it; they answer from what they have.
 */
export const createBackoff = ({ now, random }: Settings) => {
  let failures = 0
  let failedAt = 0
  let pauseMs = 0
  let retryAfterMs = 0
  const remaining = (ms: number) => {
    const ageMs = now() - failedAt
    return isWithin(ageMs, ms) ? ms - ageMs : 0
  }
  return {
    /** How long requests stay stopped, in milliseconds; 0 when they may go. */
    remainingMs: (): number => remaining(pauseMs),
    /** True while the service's `Retry-After` lasts. */
    hasRetryAfter: (): boolean => remaining(retryAfterMs) > 0,
    succeeded() {
      failures = 0
      failedAt = 0
    },
    failed(serviceRetryAfterMs = 0) {
      failedAt = now()
      retryAfterMs = Math.min(serviceRetryAfterMs, MAX_RETRY_AFTER_MS)
      pauseMs = Math.max(backoffMs(failures++, random), retryAfterMs)
    },
  }
}
