import type { Bundles } from './bundles.ts'
import type { CacheEntry } from './bundle-cache.ts'
import type { FlagsContext } from './context.ts'
import type { Settings } from './options.ts'

/**
 * `starting`: no answer yet. `ready`: the values are current. `stale`: they are older than the service's `staleTime`.
 * `offline`: the last request failed; the values are the last ones known, or the defaults.
 */
export type FlagsState = 'starting' | 'ready' | 'stale' | 'offline'

export type FlagsStatus = {
  readonly state: FlagsState
  /** How long ago the values were known to be current, in milliseconds; null when they never were. */
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

/** Describes how current the client's values are. */
export const createStatus = ({ clock, timeoutMs }: Settings, bundles: Bundles) => {
  const describe = (entry: CacheEntry): FlagsStatus => {
    const hasValues = (entry.bundle ?? entry.previous) !== undefined
    const isOffline = entry.error !== undefined || bundles.isShut()
    return {
      state: isOffline
        ? 'offline'
        : !hasValues
          ? 'starting'
          : bundles.isFresh(entry)
            ? 'ready'
            : 'stale',
      ageMs: toAge(clock.elapsedMs(entry.verifiedAt)),
      lastError: entry.error,
      lastErrorAgeMs: entry.error === undefined ? null : toAge(clock.elapsedMs(entry.failedAt)),
    }
  }

  const findEntries = (context: FlagsContext | undefined) =>
    context === undefined ? bundles.active() : [bundles.getEntry(context)]

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
    return bundles.settled.add(() => {
      const next = get(context)
      if (next.state === last.state && next.lastError === last.lastError) return
      last = next
      listener(next)
    })
  }

  const hasValues = () =>
    bundles.active().some((entry) => (entry.bundle ?? entry.previous) !== undefined)

  return {
    get,
    subscribe,
    ready: async (context?: FlagsContext): Promise<boolean> => {
      if (context !== undefined) return (await bundles.read(context)) !== undefined
      if (hasValues()) return true
      return new Promise((resolve) => {
        const settle = (isReady: boolean) => {
          clearTimeout(timer)
          stop()
          resolve(isReady)
        }
        const timer = setTimeout(() => settle(hasValues()), timeoutMs)
        const stop = bundles.settled.add(() => hasValues() && settle(true))
      })
    },
    refresh: async (context?: FlagsContext): Promise<boolean> => {
      const entries = findEntries(context)
      await Promise.all(entries.map(bundles.refreshNow))
      return entries.length > 0 && entries.every((entry) => describe(entry).state === 'ready')
    },
  }
}
