import { isYoung, pauseAfter } from './time.ts'

/** Timers cannot be set for much longer, and a service that asks for more is mistaken. */
const LONGEST_MS = 86_400_000

type Settings = { readonly now: () => number; readonly random: () => number }

/**
 * Shut for a while after a failure: as long as the service asks, else longer with each, and never for all clients
 * alike. Behind it nothing waits: whoever finds it shut answers with what there is.
 */
export const createGate = ({ now, random }: Settings) => {
  let failures = 0
  let failedAt = 0
  let pauseMs = 0
  let toldMs = 0
  const leftOf = (ms: number) => {
    const ageMs = now() - failedAt
    return isYoung(ageMs, ms) ? ms - ageMs : 0
  }
  return {
    /** How long it stays shut, in milliseconds; 0 when it is open. */
    shutFor: (): number => leftOf(pauseMs),
    /** Whether it is shut because the service asked for it. */
    isToldToWait: (): boolean => leftOf(toldMs) > 0,
    succeeded() {
      failures = 0
      failedAt = 0
    },
    failed(retryAfterMs = 0) {
      failedAt = now()
      toldMs = Math.min(retryAfterMs, LONGEST_MS)
      pauseMs = Math.max(pauseAfter(failures++, random), toldMs)
    },
  }
}

export type Gate = ReturnType<typeof createGate>
