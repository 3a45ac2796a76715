import { elapsedSince } from '../lib/elapsed.ts'

/*
 * Decides whether a request is answered from memory, or the Publisher is asked first. Pure: reader.ts does the I/O.
 *
 *                 new enough, verified < 5 s ago ──► serve
 *                 new enough, verified < 30 s ago ─► refresh-behind
 *   request ──►   too old, or version unknown ─────► ask-first ──► serve
 *                 … just after a version that did not exist ─► throttle ──► ask-first
 *                 … just after the sources failed ─► serve
 */

/** From this age a snapshot is verified in the background. */
export const REFRESH_AFTER_MS = 5_000
/** From this age a snapshot is verified before it answers: the freshness that is guaranteed. */
export const MAX_AGE_MS = 30_000
/** After the sources failed, requests are answered at once for this long, however old the snapshot is. */
export const FAILURE_PAUSE_MS = 5_000
/** After a request for a version that does not exist, the next question that a request demands waits this long. */
export const UNKNOWN_VERSION_PAUSE_MS = 250

/** How new the snapshot must be that answers a request. */
export type Freshness = { readonly minVersion?: number; readonly maxAgeMs?: number }

/** A request that waits for an answer, and its time of arrival. */
export type Demand = Freshness & {
  readonly arrivedAt: number
  /** How many refreshes had started when it came. A later one may know versions that these did not. */
  readonly refreshesBefore: number
  /** Whether it has been throttled already; that happens once. */
  readonly hasWaited: boolean
}

type Verified = { readonly snapshot: { readonly version: number }; readonly verifiedAt: number }

/** An isolate's memory of its snapshot and its refreshes. Instants are in epoch milliseconds. */
export type ReaderState<Loaded extends Verified = Verified> = {
  loaded: Loaded | undefined
  refreshesStarted: number
  /** The highest number of a refresh that has ended, or that has taken too long. */
  lastRefreshEnded: number
  lastRefreshAt: number
  /** When a refresh last left the snapshot older than `MAX_AGE_MS`, or absent. */
  lastFailureAt: number
  /** When a refresh last did not meet a request's demand. */
  lastMissAt: number
}

export type Decision = 'serve' | 'refresh-behind' | 'ask-first' | 'throttle'

export const createReaderState = <Loaded extends Verified>(): ReaderState<Loaded> => ({
  loaded: undefined,
  refreshesStarted: 0,
  lastRefreshEnded: 0,
  lastRefreshAt: Number.NEGATIVE_INFINITY,
  lastFailureAt: Number.NEGATIVE_INFINITY,
  lastMissAt: Number.NEGATIVE_INFINITY,
})

/** Whether the snapshot in memory is new enough for a request. */
export const isFresh = (
  { loaded }: Pick<ReaderState, 'loaded'>,
  { minVersion = 0, maxAgeMs = MAX_AGE_MS }: Freshness,
  now: number,
): boolean =>
  loaded !== undefined &&
  loaded.snapshot.version >= minVersion &&
  elapsedSince(loaded.verifiedAt, now) < maxAgeMs

/**
 * How long a request waits before it may ask. Each request for a version that does not exist would be a question to the
 * one Publisher; many of them share one. They are slowed down and never refused: the version may exist by then.
 */
export const throttleMs = ({ lastMissAt }: ReaderState, demand: Demand, now: number): number =>
  demand.hasWaited || lastMissAt > demand.arrivedAt
    ? 0
    : Math.max(0, UNKNOWN_VERSION_PAUSE_MS - elapsedSince(lastMissAt, now))

/** A refresh that began before the request may have asked too early. A refresh that began later is final. */
const mustAsk = (state: ReaderState, demand: Demand, now: number): boolean =>
  !isFresh(state, demand, now) &&
  state.lastRefreshEnded <= demand.refreshesBefore &&
  (!state.loaded || elapsedSince(state.lastFailureAt, demand.arrivedAt) >= FAILURE_PAUSE_MS)

/** Decides what a request does next. `serve` with nothing loaded means that no snapshot can be had. */
export const decide = (state: ReaderState, demand: Demand, now: number): Decision => {
  if (mustAsk(state, demand, now))
    return throttleMs(state, demand, now) > 0 ? 'throttle' : 'ask-first'
  const isRefreshDue =
    !isFresh(state, { maxAgeMs: REFRESH_AFTER_MS }, now) &&
    elapsedSince(state.lastRefreshAt, now) >= REFRESH_AFTER_MS
  return state.loaded && isRefreshDue ? 'refresh-behind' : 'serve'
}
