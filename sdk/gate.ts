import { pauseAfter } from './time.ts'

const FIRST_PAUSE_MS = 1_000

type Settings = { readonly now: () => number; readonly random: () => number }

/**
 * Shut for a while after a failure: as long as the service asks, else longer with each, and never for all clients
 * alike. Behind it nothing waits: whoever finds it shut answers with what there is.
 */
export const createGate = ({ now, random }: Settings) => {
  let failures = 0
  let shutUntil = 0
  let toldUntil = 0
  return {
    /** How long it stays shut, in milliseconds; 0 when it is open. */
    shutFor: (): number => Math.max(0, shutUntil - now()),
    /** Whether it is shut because the service asked for it. */
    isToldToWait: (): boolean => now() < toldUntil,
    succeeded() {
      failures = 0
      shutUntil = 0
      toldUntil = 0
    },
    failed(retryAfterMs = 0) {
      const pauseMs = pauseAfter(failures++, FIRST_PAUSE_MS, random)
      toldUntil = now() + retryAfterMs
      shutUntil = Math.max(now() + pauseMs, toldUntil)
    },
  }
}

export type Gate = ReturnType<typeof createGate>
