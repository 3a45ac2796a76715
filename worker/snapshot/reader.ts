import { describeError } from '../lib/describe-error.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { sleep } from '../lib/sleep.ts'
import { parseSnapshot, type CompiledSnapshot } from './parse.ts'

/** What the Publisher says when it is asked "newer than N?". */
export type PublisherAnswer = {
  /** The version it has published; -1 when there is none. */
  readonly version: number
  /** The snapshot's text, when it is newer than what was asked for. */
  readonly snapshot: string | null
  /** How long ago it made sure that D1 has nothing newer, in milliseconds. */
  readonly ageMs: number
  /** How many flags are off there that D1 has not heard of. */
  readonly overrides: number
}

/** After a question that was asked in vain, the next one that a request demands waits this long. */
export const UNKNOWN_VERSION_PAUSE_MS = 250

/** Where snapshots come from: KV is the transport, the Publisher the authority. */
export type Sources = {
  readonly kv: () => Promise<string | null>
  readonly publisher: (newerThan: number) => Promise<PublisherAnswer>
}

/** What a request needs of the snapshot it is answered from. */
export type Freshness = { readonly minVersion?: number; readonly maxAgeMs?: number }

export type LoadedSnapshot = { readonly snapshot: CompiledSnapshot; readonly verifiedAt: number }

/** Keeps an isolate's work alive after the response: `ctx.waitUntil`. */
export type WaitUntil = (work: Promise<unknown>) => void

/** From this age the Publisher is asked in the background. */
export const REFRESH_AFTER_MS = 5_000
/** From this age it is asked before anything is answered: the freshness that is guaranteed. */
export const MAX_AGE_MS = 30_000
/** How long a request waits for the sources, and how long requests then go without waiting. */
export const DEADLINE_MS = 1_000
export const PATIENCE_MS = 5_000

/** How long ago. A clock that was set back makes instants lie in the future: that proves nothing, and was long ago. */
const since = (at: number) => {
  const age = Date.now() - at
  return age < 0 ? Number.POSITIVE_INFINITY : age
}

const ageOf = ({ verifiedAt }: LoadedSnapshot) => since(verifiedAt)

/**
 * The isolate's memory of the snapshot: never back in version, only valid ones, the last known good for ever.
 *
 * `verifiedAt` is the last instant at which what is loaded was known to be the newest: the moment the Publisher was
 * asked, less the age of its own knowledge. So ages add up along the way instead of hiding in each other.
 */
export const createReader = ({ kv, publisher }: Sources) => {
  let loaded: LoadedSnapshot | undefined
  let published: Pick<PublisherAnswer, 'version' | 'overrides'> | null = null
  let flight: Promise<void> | undefined
  let attemptedAt = Number.NEGATIVE_INFINITY
  let disappointedAt = Number.NEGATIVE_INFINITY
  let vainAt = Number.NEGATIVE_INFINITY
  let flights = 0

  const adopt = (text: string) => {
    const snapshot = parseSnapshot(text)
    if (!loaded || snapshot.version > loaded.snapshot.version)
      loaded = { snapshot, verifiedAt: snapshot.builtAt }
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
    const answer = await publisher(loaded?.snapshot.version ?? -1)
    published = { version: answer.version, overrides: answer.overrides }
    if (answer.snapshot !== null) adopt(answer.snapshot)
    if (loaded && loaded.snapshot.version >= answer.version)
      loaded = {
        ...loaded,
        verifiedAt: Math.max(Math.min(loaded.verifiedAt, askedAt), askedAt - answer.ageMs),
      }
  }

  const load = async () => {
    attemptedAt = Date.now()
    const isCold = loaded === undefined
    if (isCold) await adoptFromKv()
    try {
      await askPublisher()
    } catch (error) {
      console.warn({ event: 'snapshot.publisher_unusable', error: describeError(error) })
      if (!isCold) await adoptFromKv()
    }
  }

  /** One flight an isolate: whoever comes while it is under way shares it. */
  const refresh = (): Promise<void> => {
    if (flight) return flight
    flights++
    const mine = load().finally(() => {
      if (flight === mine) flight = undefined
    })
    flight = mine
    return mine
  }

  /** Waits for a refresh no longer than the deadline; one that hangs is let go, so that the next may start. */
  const refreshInTime = async (waitUntil: WaitUntil) => {
    const shared = refresh()
    waitUntil(shared)
    try {
      await withDeadline(shared, DEADLINE_MS)
    } catch {
      if (flight === shared) flight = undefined
    }
  }

  const meets = ({ minVersion = 0, maxAgeMs = MAX_AGE_MS }: Freshness) =>
    loaded !== undefined && loaded.snapshot.version >= minVersion && ageOf(loaded) < maxAgeMs

  /** Whoever invents versions, or keys, waits for the next question together with all others who do. */
  const waitWhileVain = async () => {
    const left = UNKNOWN_VERSION_PAUSE_MS - since(vainAt)
    if (left > 0) await sleep(left)
  }

  /**
   * A flight that was under way already may have asked before what is demanded existed: then one more. A demand that
   * a fresh answer does not meet cannot be met; many of those must not become as many questions to the one Publisher.
   * They are slowed down, never refused: the next one may name a version that exists by then.
   */
  const refreshUntilMet = async (demand: Freshness, waitUntil: WaitUntil) => {
    const flightsBefore = flights
    const isUnderWay = flight !== undefined
    await waitWhileVain()
    if (meets(demand)) return
    const isAskedSince = flights > flightsBefore
    if (!isAskedSince || flight !== undefined) await refreshInTime(waitUntil)
    if (isUnderWay && !isAskedSince && !meets(demand)) await refreshInTime(waitUntil)
    if (!meets({ maxAgeMs: MAX_AGE_MS })) disappointedAt = Date.now()
    if (demand.maxAgeMs !== 0 && !meets(demand)) vainAt = Date.now()
  }

  /**
   * The snapshot to answer from. Costs no I/O while it was verified within 5 s; up to 30 s it is refreshed in the
   * background; beyond that, or when the demand asks for more, the sources are asked first. When they do not
   * answer, what is loaded is served all the same, and for a while nobody waits again.
   *
   * @returns undefined only when no snapshot was ever had and none can be had now
   */
  const current = async (
    demand: Freshness,
    waitUntil: WaitUntil,
  ): Promise<LoadedSnapshot | undefined> => {
    if (!meets(demand) && (!loaded || since(disappointedAt) >= PATIENCE_MS))
      await refreshUntilMet(demand, waitUntil)
    if (loaded && ageOf(loaded) >= REFRESH_AFTER_MS && since(attemptedAt) >= REFRESH_AFTER_MS)
      waitUntil(refreshInTime(waitUntil))
    return loaded
  }

  /** What is loaded, when it needs neither a question nor a refresh to be answered from. */
  const verified = (minVersion: number): LoadedSnapshot | undefined =>
    loaded !== undefined &&
    loaded.snapshot.version >= minVersion &&
    ageOf(loaded) < REFRESH_AFTER_MS
      ? loaded
      : undefined

  return { current, verified, published: () => published }
}

export type Reader = ReturnType<typeof createReader>
