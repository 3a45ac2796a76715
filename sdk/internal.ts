/* Small tools of the client. None of them is exported from the package. */

/** Returns the result of `work`, or undefined when it throws. */
export const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** A UUID. Pages without https have no `randomUUID`; they get random digits. */
export const createId = (random: () => number): string =>
  globalThis.crypto?.randomUUID?.() ?? `${random()}${random()}`

const MAX_PAUSE_MS = 60_000

/** False for a negative age: the clock was set back. */
export const isWithin = (ageMs: number, maxMs: number): boolean => ageMs >= 0 && ageMs < maxMs

/** Exponential backoff with jitter, so that clients do not retry at the same instant. */
export const backoffMs = (failures: number, random: () => number, firstMs = 1_000): number =>
  Math.min(MAX_PAUSE_MS, firstMs * 2 ** failures) * (0.5 + random() / 2)

/** A map that evicts the least recently used value, except values that `isPinned` protects. */
export const createLru = <Value>(max: number, isPinned?: (value: Value) => boolean) => {
  const values = new Map<string, Value>()
  return {
    get(key: string): Value | undefined {
      const value = values.get(key)
      if (value === undefined) return undefined
      values.delete(key)
      values.set(key, value)
      return value
    },
    set(key: string, value: Value) {
      values.delete(key)
      for (const [oldest, each] of values) {
        if (values.size < max) break
        if (!isPinned?.(each)) values.delete(oldest)
      }
      values.set(key, value)
    },
    all: () => [...values.values()],
  }
}

type SingleFlightSettings = {
  readonly now: () => number
  readonly timeoutMs: number
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined
}

/**
 * Runs one call per name at a time; calls in between share its result. In a Worker the request that started a call may
 * have ended and its promise never settles, so an overdue call is started again.
 */
export const createSingleFlight = <T>({ now, timeoutMs, waitUntil }: SingleFlightSettings) => {
  const flights = new Map<unknown, { readonly since: number; readonly result: Promise<T> }>()
  return (name: unknown, call: () => Promise<T>): Promise<T> => {
    const current = flights.get(name)
    if (current && now() - current.since <= timeoutMs) return current.result
    const result = call().finally(
      () => flights.get(name)?.result === result && flights.delete(name),
    )
    flights.set(name, { since: now(), result })
    waitUntil?.(result)
    return result
  }
}
