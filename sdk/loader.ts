import { createBreaker } from './backoff.ts'
import type { Entry, Loadable } from './entry.ts'
import { createFreshness } from './freshness.ts'
import { createSignal, createSingleFlight, shiftMark, steadyNow, type Signal } from './internal.ts'
import type { Settings } from './options.ts'
import { isPermanentFailure, type Post, type PostRequest, type Reply } from './request.ts'

/** The entries of a loader, and how they are requested and read. */
export type Source<Value extends Loadable, E extends Entry<Value>> = {
  readonly all: () => readonly E[]
  /** The entries in use: those that are watched, and the one that was read last. */
  readonly active: () => readonly E[]
  readonly isWatched: (entry: E) => boolean
  readonly describeRequest: (entry: E) => Pick<PostRequest, 'path' | 'body'>
  /** Reads the body of an answer; undefined, or an error, when it is something else. */
  readonly parse: (body: unknown) => Value | undefined | Promise<Value>
  /** Puts a new value into its entry. */
  readonly adopt: (entry: E, value: Value, etag: string | undefined) => void
  readonly onFailure: (entry: E, reply: Reply) => void
}

/** An isolate that cannot reach the Publisher answers with an older version: it is asked again so many times. */
const MAX_LATE_ANSWERS = 3

export type LoadEvents = {
  /** Emits after each successful load. */
  readonly loaded: Signal<void>
  /** Emits when a load succeeds after a failure. */
  readonly recovered: Signal<void>
}

/** Requests entries, and keeps those in use current. */
export const createLoader = <Value extends Loadable, E extends Entry<Value>>(
  settings: Settings,
  post: Post,
  { loaded, recovered }: LoadEvents,
  source: Source<Value, E>,
) => {
  const { clock, timeoutMs, report } = settings
  const breaker = createBreaker(settings)
  const singleFlight = createSingleFlight<unknown>(settings)
  const loading = new Set<E>()
  /** Emits when a load ends or the stream confirms a version. */
  const settled = createSignal()
  let announcedVersion = 0
  let streamPath: string | undefined
  let hasFailed = false
  let isClosed = false

  const isBehind = ({ version }: E) => version < announcedVersion

  const fail = (entry: E, reply: Reply, minVersion: number) => {
    hasFailed ||= !isPermanentFailure(reply)
    entry.error = reply.error
    entry.failedAt = clock.mark()
    entry.backoff.failed(reply.retryAfterMs)
    // A context that the service refuses is no reason to stop asking for the others.
    if (isPermanentFailure(reply)) entry.version = minVersion
    else breaker.failed(reply.retryAfterMs)
    source.onFailure(entry, reply)
    report(reply)
  }

  /** The value of a reply. A 304 confirms the current one. */
  const readValue = async ({ status, body, version }: Reply, current: Value | undefined) =>
    status === 200
      ? source.parse(body)
      : status === 304 && current
        ? { ...current, version: version || current.version }
        : undefined

  /** Takes an answer. False when it is older than the wanted version, so that the request is sent again later. */
  const accept = (entry: E, value: Value, reply: Reply, minVersion: number): boolean => {
    const ageMs = reply.ageMs ?? 0
    const isLate = value.version < minVersion && entry.lateAnswers < MAX_LATE_ANSWERS
    // A flag that was switched off stays off, also when it is known from storage only.
    const isOlder = entry.value && value.version < entry.value.version && (isLate || entry.loadedAt)
    const verifiedAt = reply.askedAt && shiftMark(reply.askedAt, -ageMs)
    entry.error = undefined
    entry.lateAnswers = isLate ? entry.lateAnswers + 1 : 0
    if (!isLate) {
      entry.loadedAt = clock.mark()
      if (clock.elapsedMs(verifiedAt) < clock.elapsedMs(entry.verifiedAt))
        entry.verifiedAt = verifiedAt
      entry.version = Math.max(minVersion, value.version)
    }
    if (isLate || ageMs > value.staleTime * 1000) entry.backoff.failed()
    else entry.backoff.succeeded()
    // A new value without a tag must not keep the tag of the old one.
    const etag = reply.status === 304 ? (reply.etag ?? entry.etag) : (reply.etag ?? undefined)
    if (!isOlder) source.adopt(entry, value, etag)
    return !isLate
  }

  /** Requests the entry, and again when a newer version was announced meanwhile. */
  const load = async (entry: E, isUnconditional?: boolean): Promise<void> => {
    const deadline = steadyNow() + timeoutMs
    do {
      const minVersion = Math.max(announcedVersion, entry.version)
      const { path, body } = source.describeRequest(entry)
      const reply = await post({
        path: `${path}?minVersion=${minVersion}`,
        body,
        ...(entry.etag && !isUnconditional && { headers: { 'If-None-Match': entry.etag } }),
        timeoutMs: deadline - steadyNow(),
      })
      let { error } = reply
      const value = await readValue(reply, entry.value).catch((cause: unknown) => {
        error = cause
        return undefined
      })
      if (!value) return fail(entry, { ...reply, error }, minVersion)
      breaker.succeeded()
      streamPath = value.stream
      const isCurrent = accept(entry, value, reply, minVersion)
      if (hasFailed) recovered.emit()
      hasFailed = false
      loaded.emit()
      if (!isCurrent) return
    } while (isBehind(entry))
  }

  const pauseMs = (entry: E) => Math.max(breaker.remainingMs(), entry.backoff.remainingMs())

  /** Loads the entry unless a backoff forbids it. Concurrent calls share one request. */
  const refresh = (entry: E, isUnconditional?: boolean): Promise<unknown> =>
    singleFlight(entry, async () => {
      if (pauseMs(entry) > 0) return
      loading.add(entry)
      await load(entry, isUnconditional)
      loading.delete(entry)
      settled.emit()
    })

  const refreshAll = (entries: readonly E[], isUnconditional?: boolean) =>
    Promise.all(entries.map((entry) => refresh(entry, isUnconditional)))

  const freshness = createFreshness<E>(settings, {
    active: source.active,
    isWatched: source.isWatched,
    isBehind,
    isLoading: (entry) => loading.has(entry),
    pauseMs,
    refresh: (entry) => void refresh(entry),
  })
  settled.add(freshness.schedule)

  /** Notes that a version is out. Active entries load it now, the others at their next read. */
  const announce = (version: number) => {
    if (!(version > announcedVersion) || isClosed) return
    announcedVersion = version
    freshness.check()
  }

  return {
    settled,
    refresh,
    refreshAll,
    announce,
    isBehind,
    pauseMs,
    /** Loads the entries that are due, and goes on. */
    check: freshness.check,
    schedule: freshness.schedule,
    isFresh: (entry: E) => freshness.isFresh(entry) && !isBehind(entry),
    /** Notes that the stream is alive and `version` is the current one: entries of this version are verified again. */
    confirm: (version: number) => {
      announce(version)
      const current = Math.max(version, announcedVersion)
      for (const entry of source.all())
        if (entry.loadedAt && entry.value && entry.value.version >= current) {
          entry.verifiedAt = clock.mark()
          entry.error = undefined
        }
      settled.emit()
    },
    /** Loads the active entries without their ETags: the client may have missed a change. */
    reload: () => refreshAll(source.active(), true),
    /** Ends all backoffs, because the service may be reachable again. */
    recover: () => {
      breaker.reset()
      for (const { backoff } of source.all()) backoff.reset()
      freshness.check()
    },
    /** True while no request may go, because several failed. */
    isShut: () => breaker.remainingMs() > 0,
    /** Loads the entry now, also during a backoff. A `Retry-After` stays in force. */
    refreshNow: (entry: E) => {
      breaker.reset()
      entry.backoff.reset()
      return refresh(entry)
    },
    /** The path of the stream, as the last answer gave it. */
    streamPath: () => streamPath,
    /** Stops keeping entries current. Reads go on. */
    close: () => {
      isClosed = true
      announcedVersion = 0
      freshness.close()
    },
  }
}
