import { describeError } from '../lib/describe-error.ts'
import { createSingleFlight } from '../lib/single-flight.ts'
import { sleep } from '../lib/sleep.ts'
import type { WaitUntil } from '../lib/wait-until.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import {
  createReaderState,
  decide,
  isFresh,
  REFRESH_AFTER_MS,
  throttleMs,
  type Demand,
  type Freshness,
} from './freshness.ts'
import { parseSnapshot, type CompiledSnapshot } from './parse.ts'

/** The Publisher's answer to "newer than N?". */
export type PublisherAnswer = {
  /** The version it has published; -1 when there is none. */
  readonly version: number
  /** The snapshot's text, when it is newer than N. */
  readonly snapshot: string | null
  /** How long ago it made sure that D1 has nothing newer, in milliseconds. */
  readonly ageMs: number
  /** How many flags it has switched off that are still on in D1. */
  readonly overrides: number
}

/** Where snapshots come from: KV is the transport, the Publisher the authority. */
export type Sources = {
  readonly kv: () => Promise<string | null>
  readonly publisher: (newerThan: number) => Promise<PublisherAnswer>
}

/**
 * The snapshot in an isolate's memory.
 *
 * `verifiedAt` is the last instant at which it was known to be the newest: the moment the Publisher was asked, less the
 * age of the Publisher's own knowledge. So ages add up along the way.
 */
export type LoadedSnapshot = { readonly snapshot: CompiledSnapshot; readonly verifiedAt: number }

/** How long a request waits for a refresh. A refresh that takes longer is left to itself. */
export const DEADLINE_MS = 1_000

/** Reads the snapshot for an isolate: only valid versions, never back in version, the last good one for ever. */
export const createReader = ({ kv, publisher }: Sources) => {
  const state = createReaderState<LoadedSnapshot>()
  let published: Pick<PublisherAnswer, 'version' | 'overrides'> | null = null

  const adopt = (text: string) => {
    const snapshot = parseSnapshot(text)
    if (!state.loaded || snapshot.version > state.loaded.snapshot.version)
      state.loaded = { snapshot, verifiedAt: snapshot.builtAt }
  }

  const adoptFromKv = async () => {
    try {
      const text = await kv()
      if (text !== null) adopt(text)
    } catch (error) {
      console.warn({ event: 'snapshot.kv_unusable', error: describeError(error) })
    }
  }

  const askPublisher = async () => {
    const askedAt = Date.now()
    const answer = await publisher(state.loaded?.snapshot.version ?? -1)
    published = { version: answer.version, overrides: answer.overrides }
    if (answer.snapshot !== null) adopt(answer.snapshot)
    const { loaded } = state
    if (!loaded || loaded.snapshot.version < answer.version) return
    const known = Math.min(loaded.verifiedAt, askedAt)
    state.loaded = { ...loaded, verifiedAt: Math.max(known, askedAt - answer.ageMs) }
  }

  /** A cold isolate begins with KV, which spares the Publisher the text; a warm one needs KV only in its place. */
  const load = async () => {
    state.refreshesStarted++
    state.lastRefreshAt = Date.now()
    const isCold = state.loaded === undefined
    if (isCold) await adoptFromKv()
    try {
      await askPublisher()
    } catch (error) {
      console.warn({ event: 'snapshot.publisher_unusable', error: describeError(error) })
      if (!isCold) await adoptFromKv()
    }
  }

  const flight = createSingleFlight(load, DEADLINE_MS)

  const refresh = async (waitUntil: WaitUntil) => {
    const shared = flight.run()
    const number = state.refreshesStarted
    waitUntil(shared)
    await withDeadline(shared, DEADLINE_MS).catch(() => flight.abandon(shared))
    state.lastRefreshEnded = Math.max(state.lastRefreshEnded, number)
  }

  /** Notes that the refreshes for a request have not met its demand. */
  const noteFailure = (demand: Demand, now: number) => {
    if (state.lastRefreshEnded <= demand.refreshesBefore) return
    if (!isFresh(state, {}, now)) state.lastFailureAt = now
    // `maxAgeMs: 0` demands one question to the Publisher; no answer could be younger than that.
    if (demand.maxAgeMs !== 0 && !isFresh(state, demand, now)) state.lastMissAt = now
  }

  /**
   * The snapshot to answer from. It costs no I/O while it was verified within 5 s; see `decide` for the other cases.
   *
   * @returns undefined only when no snapshot was ever loaded and none can be loaded now
   */
  const current = async (
    freshness: Freshness,
    waitUntil: WaitUntil,
  ): Promise<LoadedSnapshot | undefined> => {
    const { refreshesStarted: refreshesBefore } = state
    let demand: Demand = { ...freshness, arrivedAt: Date.now(), refreshesBefore, hasWaited: false }
    for (;;) {
      const now = Date.now()
      switch (decide(state, demand, now)) {
        case 'throttle':
          await sleep(throttleMs(state, demand, now))
          demand = { ...demand, hasWaited: true }
          break
        case 'ask-first':
          await refresh(waitUntil)
          break
        case 'refresh-behind':
          waitUntil(refresh(waitUntil))
          return state.loaded
        case 'serve':
          noteFailure(demand, now)
          return state.loaded
      }
    }
  }

  /** The snapshot, when a request for `minVersion` needs no I/O, not even behind the answer. */
  const verified = (minVersion: number): LoadedSnapshot | undefined =>
    isFresh(state, { minVersion, maxAgeMs: REFRESH_AFTER_MS }, Date.now())
      ? state.loaded
      : undefined

  return { current, verified, published: () => published }
}

export type Reader = ReturnType<typeof createReader>
