import type { Entry } from './entry.ts'
import type { FlagsContext } from './context.ts'
import type { Signal } from './internal.ts'
import type { Settings } from './options.ts'

/**
 * `starting`: no answer yet. `ready`: the values are current. `stale`: they are older than the service's `staleTime`.
 * `offline`: the last request failed, and no stream has confirmed the values since. They are the last ones known, or the defaults.
 */
export type FlagsState = 'starting' | 'ready' | 'stale' | 'offline'

export type FlagsStatus = {
  readonly state: FlagsState
  /** How long ago the service last knew that the values are current, in milliseconds; null when it never did. */
  readonly ageMs: number | null
  /** Why the last request failed; undefined after a success. */
  readonly lastError: unknown
  /** How long ago it failed, in milliseconds; null after a success. */
  readonly lastErrorAgeMs: number | null
}

const WORST_FIRST: readonly FlagsState[] = ['offline', 'starting', 'stale', 'ready']

const STARTING: FlagsStatus = {
  state: 'starting',
  ageMs: null,
  lastError: undefined,
  lastErrorAgeMs: null,
}

const toAge = (ms: number) => (ms === Infinity ? null : ms)

type Entries<E extends Entry> = {
  readonly getEntry: (context: FlagsContext) => E
  readonly active: () => readonly E[]
  readonly isFresh: (entry: E) => boolean
  readonly isShut: () => boolean
  readonly settled: Signal<void>
  readonly read: (context: FlagsContext) => Promise<unknown>
  readonly refreshNow: (entry: E) => Promise<unknown>
}

export type Status = {
  /** Whether the values are current: of one context, or of all in use. */
  readonly status: (context?: FlagsContext) => FlagsStatus
  /** Calls the listener when the state or the last error changes, until the returned function is called. */
  readonly onStatus: (listener: (status: FlagsStatus) => void, context?: FlagsContext) => () => void
  /** Resolves true once there are values, and false after `timeoutMs` without any. Never rejects. */
  readonly ready: (context?: FlagsContext) => Promise<boolean>
  /** Loads one context, or all in use, now. True when the values are current. Never rejects. */
  readonly refresh: (context?: FlagsContext) => Promise<boolean>
}

/** Describes how current the client's values are. */
export const createStatus = <E extends Entry>(
  { clock, timeoutMs }: Settings,
  entries: Entries<E>,
): Status => {
  const describe = (entry: E): FlagsStatus => {
    const hasValues = (entry.value ?? entry.previous) !== undefined
    const isFresh = entries.isFresh(entry)
    const isOffline = entry.error !== undefined || (entries.isShut() && !isFresh)
    return {
      state: isOffline ? 'offline' : !hasValues ? 'starting' : isFresh ? 'ready' : 'stale',
      ageMs: toAge(clock.elapsedMs(entry.verifiedAt)),
      lastError: entry.error,
      lastErrorAgeMs: entry.error === undefined ? null : toAge(clock.elapsedMs(entry.failedAt)),
    }
  }

  const findEntries = (context: FlagsContext | undefined) =>
    context === undefined ? entries.active() : [entries.getEntry(context)]

  /** The status of one context, or the worst one of all in use. */
  const get = (context?: FlagsContext): FlagsStatus => {
    const all = findEntries(context).map(describe)
    for (const state of WORST_FIRST) {
      const found = all.find((each) => each.state === state)
      if (found) return found
    }
    return STARTING
  }

  const subscribe = (
    listener: (status: FlagsStatus) => void,
    context?: FlagsContext,
  ): (() => void) => {
    let last = get(context)
    return entries.settled.add(() => {
      const next = get(context)
      if (next.state === last.state && next.lastError === last.lastError) return
      last = next
      listener(next)
    })
  }

  const hasValues = () =>
    entries.active().some((entry) => (entry.value ?? entry.previous) !== undefined)

  return {
    status: get,
    onStatus: subscribe,
    ready: async (context?: FlagsContext): Promise<boolean> => {
      if (context !== undefined) return (await entries.read(context)) !== undefined
      if (hasValues()) return true
      return new Promise((resolve) => {
        const settle = (isReady: boolean) => {
          clearTimeout(timer)
          stop()
          resolve(isReady)
        }
        const timer = setTimeout(() => settle(hasValues()), timeoutMs)
        const stop = entries.settled.add(() => hasValues() && settle(true))
      })
    },
    refresh: async (context?: FlagsContext): Promise<boolean> => {
      const found = findEntries(context)
      await Promise.all(found.map(entries.refreshNow))
      return found.length > 0 && found.every((entry) => describe(entry).state === 'ready')
    },
  }
}
