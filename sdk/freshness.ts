import type { CacheEntry } from './bundle-cache.ts'
import { unrefTimer } from './internal.ts'
import type { Settings } from './options.ts'
import { isHidden } from './page.ts'

/** A sleeping device does not run timers. After it wakes, old values are noticed within this time. */
const MAX_SLEEP_MS = 5_000
/** A service may not ask for more requests than this. */
const MIN_STALE_MS = 5_000
/** The stream confirms an answer for this long at most: some values change by the clock, without a new version. */
const MAX_CONFIRMED_MS = 300_000
/** A poll begins before the answer is stale, so that the next one is there in time. */
const POLL_AT = 0.9

const staleMs = ({ bundle }: CacheEntry) => (bundle?.staleTime ?? 0) * 1000

type Entries = {
  readonly active: () => readonly CacheEntry[]
  readonly isWatched: (entry: CacheEntry) => boolean
  readonly isBehind: (entry: CacheEntry) => boolean
  readonly isLoading: (entry: CacheEntry) => boolean
  readonly pauseMs: (entry: CacheEntry) => number
  readonly refresh: (entry: CacheEntry) => void
}

/**
 * Keeps watched entries fresh: each is loaded again when nothing has verified it for the service's `staleTime`. While
 * the stream is alive its heartbeats verify them, so almost nothing is requested.
 */
export const createFreshness = (
  { clock, random, waitUntil }: Settings,
  { active, isWatched, isBehind, isLoading, pauseMs, refresh }: Entries,
) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false
  const jitter = random() / 20

  /** How long the bundle stays good, in milliseconds, by its own age and by its confirmations. */
  const remainingMs = (entry: CacheEntry, share: number) =>
    Math.min(
      Math.max(MIN_STALE_MS, staleMs(entry)) * share - clock.elapsedMs(entry.verifiedAt),
      MAX_CONFIRMED_MS * share - clock.elapsedMs(entry.loadedAt),
    )

  const isFresh = (entry: CacheEntry): boolean =>
    entry.bundle !== undefined &&
    clock.elapsedMs(entry.verifiedAt) < staleMs(entry) &&
    clock.elapsedMs(entry.loadedAt) < MAX_CONFIRMED_MS

  /** In how many milliseconds this entry needs a request; undefined when it needs none. */
  const dueInMs = (entry: CacheEntry): number | undefined => {
    if (isLoading(entry) || (isHidden() && entry.loadedAt)) return undefined
    if (isBehind(entry)) return pauseMs(entry)
    if (!isWatched(entry)) return undefined
    return Math.max(pauseMs(entry), entry.bundle ? remainingMs(entry, POLL_AT + jitter) : 0)
  }

  const schedule = (): void => {
    clearTimeout(timer)
    timer = undefined
    // In a Worker timers end with the request.
    if (isClosed || waitUntil) return
    const waits = active().flatMap((entry) => dueInMs(entry) ?? [])
    if (waits.length === 0) return
    timer = setTimeout(check, Math.min(MAX_SLEEP_MS, ...waits.map((ms) => Math.max(0, ms))))
    unrefTimer(timer)
  }

  /** Loads the entries that are due now. */
  const check = (): void => {
    if (isClosed) return
    for (const entry of active()) {
      const ms = dueInMs(entry)
      if (ms !== undefined && ms <= 0) refresh(entry)
    }
    schedule()
  }

  return {
    isFresh,
    check,
    schedule,
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
