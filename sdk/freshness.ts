import type { Entry } from './entry.ts'
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

const staleMs = ({ value }: Entry) => (value?.staleTime ?? 0) * 1000

type Entries<E extends Entry> = {
  readonly active: () => readonly E[]
  readonly isWatched: (entry: E) => boolean
  readonly isBehind: (entry: E) => boolean
  readonly isLoading: (entry: E) => boolean
  readonly pauseMs: (entry: E) => number
  readonly refresh: (entry: E) => void
}

/**
 * Keeps watched entries fresh: each is loaded again when nothing has verified it for the service's `staleTime`. While
 * the stream is alive its heartbeats verify them, so almost nothing is requested.
 */
export const createFreshness = <E extends Entry>(
  { clock, random, waitUntil }: Settings,
  { active, isWatched, isBehind, isLoading, pauseMs, refresh }: Entries<E>,
) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false
  const jitter = random() / 20

  /** How long the value stays good, in milliseconds, by its own age and by its confirmations. */
  const remainingMs = (entry: E, share: number) =>
    Math.max(
      MIN_STALE_MS - clock.elapsedMs(entry.loadedAt),
      Math.min(
        staleMs(entry) * share - clock.elapsedMs(entry.verifiedAt),
        MAX_CONFIRMED_MS * share - clock.elapsedMs(entry.loadedAt),
      ),
    )

  const isFresh = (entry: E): boolean =>
    entry.value !== undefined &&
    clock.elapsedMs(entry.verifiedAt) < staleMs(entry) &&
    clock.elapsedMs(entry.loadedAt) < MAX_CONFIRMED_MS

  /** In how many milliseconds this entry needs a request; undefined when it needs none. */
  const dueInMs = (entry: E): number | undefined => {
    if (isLoading(entry) || (isHidden() && entry.loadedAt)) return undefined
    if (isBehind(entry) || entry.lateAnswers > 0) return pauseMs(entry)
    if (!isWatched(entry)) return undefined
    return Math.max(pauseMs(entry), entry.value ? remainingMs(entry, POLL_AT + jitter) : 0)
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
