/* Small tools of the client. None of them is exported from the package. */

/** Returns the result of `work`, or undefined when it throws. */
export const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** A function of the app may return a promise. Its rejection must not end the process. */
export const ignoreRejection = <T>(result: T): T => {
  const { then } = Object(result) as Partial<PromiseLike<unknown>>
  if (typeof then === 'function') void then.call(result, undefined, () => {})
  return result
}

/** A UUID. Pages without https have no `randomUUID`; they get random digits. */
export const createId = (random: () => number): string =>
  attempt(() => globalThis.crypto.randomUUID()) ?? `${random()}${random()}`

/** No pause may be longer than the 30 s after which a change must be in effect. */
const MAX_PAUSE_MS = 30_000

/** Exponential backoff with jitter, so that clients do not retry at the same instant. */
export const backoffMs = (failures: number, random: () => number, firstMs = 1_000): number =>
  Math.min(MAX_PAUSE_MS, firstMs * 2 ** failures) * (0.5 + random() / 2)

/** Milliseconds that do not jump when the device's clock is set. */
export const steadyNow = (): number => attempt(() => globalThis.performance.now()) ?? Date.now()

/** An instant by both clocks of the device. */
export type Mark = { readonly wall: number; readonly steady: number }

export const shiftMark = ({ wall, steady }: Mark, ms: number): Mark => ({
  wall: wall + ms,
  steady: steady + ms,
})

/**
 * Measures ages that survive a clock that is set and a device that sleeps. The wall clock may be set back; the steady
 * clock stops during sleep in some browsers. The larger age counts, and a wall clock that went back means "too old".
 */
export const createClock = (now: () => number) => ({
  now,
  mark: (): Mark => ({ wall: now(), steady: steadyNow() }),
  elapsedMs(mark: Mark | undefined): number {
    const wallMs = mark ? now() - mark.wall : -1
    return mark && wallMs >= 0 ? Math.max(wallMs, steadyNow() - mark.steady) : Infinity
  },
})

export type Clock = ReturnType<typeof createClock>

export type Signal<T> = {
  /** Adds a listener until the returned function is called. */
  readonly add: (listener: (value: T) => unknown) => () => void
  readonly emit: (value: T) => void
  readonly size: () => number
}

/** Listeners for one kind of event. A listener that throws does not stop the others. */
export const createSignal = <T = void>(): Signal<T> => {
  const listeners = new Set<(value: T) => unknown>()
  return {
    add: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit: (value) => {
      for (const listener of listeners) attempt(() => ignoreRejection(listener(value)))
    },
    size: () => listeners.size,
  }
}

/** Lets a Node process end while the timer waits. */
export const unrefTimer = (timer: unknown): void =>
  attempt(() => (timer as { unref?: () => void }).unref?.())

/** A map that evicts the least recently used value, except values that `isPinned` protects. */
export const createLru = <Value>(max: number, isPinned?: (value: Value) => boolean) => {
  const values = new Map<string, Value>()
  return {
    get: (key: string): Value | undefined => {
      const value = values.get(key)
      if (value === undefined) return undefined
      values.delete(key)
      values.set(key, value)
      return value
    },
    set: (key: string, value: Value) => {
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
  readonly clock: Clock
  readonly timeoutMs: number
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined
}

/**
 * Runs one call per name at a time; calls in between share its result. In a Worker the request that started a call may
 * have ended and its promise never settles, so an overdue call is started again.
 */
export const createSingleFlight = <T>({ clock, timeoutMs, waitUntil }: SingleFlightSettings) => {
  const flights = new Map<unknown, { readonly since: Mark; readonly result: Promise<T> }>()
  return (name: unknown, call: () => Promise<T>): Promise<T> => {
    const current = flights.get(name)
    if (current && clock.elapsedMs(current.since) <= timeoutMs) return current.result
    const result = call().finally(
      () => flights.get(name)?.result === result && flights.delete(name),
    )
    flights.set(name, { since: clock.mark(), result })
    waitUntil?.(result)
    return result
  }
}
