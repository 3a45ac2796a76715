import { createBreaker } from './backoff.ts'
import { parseBundle, type Bundle } from './bundle.ts'
import { createBundleCache, type CacheEntry } from './bundle-cache.ts'
import type { FlagsContext } from './context.ts'
import { createFreshness } from './freshness.ts'
import { attempt, createSignal, createSingleFlight, steadyNow } from './internal.ts'
import type { Settings } from './options.ts'
import { isPermanentFailure, type Post, type Reply } from './request.ts'

/** The bundle of a reply. A 304 confirms the current one. */
const readBundle = ({ status, body, version }: Reply, current: Bundle | undefined) =>
  status === 200
    ? parseBundle(body)
    : status === 304 && current
      ? { ...current, version: version || current.version }
      : undefined

/** An isolate that cannot reach the Publisher answers with an older version: it is asked again so many times. */
const MAX_LATE_ANSWERS = 3

/** Loads the bundles of contexts, caches them, and keeps those in use fresh. */
export const createBundles = (settings: Settings, post: Post) => {
  const { clock, timeoutMs, report } = settings
  const cache = createBundleCache(settings)
  const breaker = createBreaker(settings)
  const singleFlight = createSingleFlight<unknown>(settings)
  const loading = new Set<CacheEntry>()
  /** Emits after each successful load. */
  const loaded = createSignal()
  /** Emits when a load succeeds after a failure. */
  const recovered = createSignal()
  /** Emits when a load ends or the stream confirms a version. */
  const settled = createSignal()
  let announcedVersion = 0
  let streamPath: string | undefined
  let hasFailed = false
  let isClosed = false

  const isBehind = ({ version }: CacheEntry) => version < announcedVersion

  const fail = (entry: CacheEntry, reply: Reply, minVersion: number) => {
    hasFailed ||= !isPermanentFailure(reply)
    entry.error = reply.error
    entry.failedAt = clock.mark()
    entry.backoff.failed(reply.retryAfterMs)
    // A context that the service refuses is no reason to stop asking for the others.
    if (isPermanentFailure(reply)) {
      entry.version = minVersion
      cache.forgetPrevious(entry)
    } else breaker.failed(reply.retryAfterMs)
    report(reply)
  }

  /** Requests the bundle, and again when a newer version was announced meanwhile. */
  const load = async (entry: CacheEntry, isUnconditional?: boolean): Promise<void> => {
    const deadline = steadyNow() + timeoutMs
    do {
      const announced = announcedVersion
      const minVersion = Math.max(announced, entry.version)
      const etag = isUnconditional ? undefined : entry.etag
      const reply = await post({
        path: `/v1/bundle?minVersion=${minVersion}`,
        body: { context: entry.context },
        ...(etag && { headers: { 'If-None-Match': etag } }),
        timeoutMs: deadline - steadyNow(),
      })
      const bundle = readBundle(reply, entry.bundle)
      if (!bundle) return fail(entry, reply, minVersion)
      entry.error = undefined
      breaker.succeeded()
      streamPath = bundle.stream
      const isLate = bundle.version < announced && entry.lateAnswers < MAX_LATE_ANSWERS
      entry.lateAnswers = isLate ? entry.lateAnswers + 1 : 0
      if (isLate) entry.backoff.failed()
      else entry.backoff.succeeded()
      cache.update(entry, bundle, reply.etag ?? etag, isLate ? undefined : minVersion)
      if (hasFailed) recovered.emit()
      hasFailed = false
      loaded.emit()
      if (isLate) return
    } while (isBehind(entry))
  }

  const pauseMs = (entry: CacheEntry) =>
    Math.max(breaker.remainingMs(), entry.backoff.remainingMs())

  /** Loads the bundle unless a backoff forbids it. Concurrent calls share one request. */
  const refresh = (entry: CacheEntry, isUnconditional?: boolean): Promise<unknown> =>
    singleFlight(entry, async () => {
      if (pauseMs(entry) > 0) return
      loading.add(entry)
      await load(entry, isUnconditional)
      loading.delete(entry)
      settled.emit()
    })

  const refreshAll = (entries: readonly CacheEntry[], isUnconditional?: boolean) =>
    Promise.all(entries.map((entry) => refresh(entry, isUnconditional)))

  const freshness = createFreshness(settings, {
    active: cache.active,
    isWatched: cache.isWatched,
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
    loaded,
    recovered,
    settled,
    /** The values to show without a request: the cached bundle, else the last values of the same user. */
    peek: (context: FlagsContext): Bundle | undefined => {
      const { bundle, previous } = cache.get(context)
      return bundle ?? previous
    },
    /** When the cached bundle was last known to be current, in epoch milliseconds; 0 when that is unknown. */
    verifiedAt: (context: FlagsContext): number => cache.get(context).verifiedAt?.wall ?? 0,
    /**
     * Returns a fresh bundle at once, and a stale one while it loads a new one. With `waitForFresh` it waits for the new
     * one. Undefined when there never was an answer.
     */
    read: async (context: FlagsContext, waitForFresh = false): Promise<Bundle | undefined> => {
      const entry = cache.get(context)
      const isOutdated = !entry.bundle || isBehind(entry)
      if (isOutdated || !freshness.isFresh(entry)) {
        const refreshed = refresh(entry)
        if (isOutdated || waitForFresh) await refreshed
      }
      return entry.bundle ?? entry.previous
    },
    /** Takes a bundle from outside, as a stale one, unless the service has answered already. */
    seed: (context: FlagsContext, given: Bundle): void => {
      const entry = cache.get(context)
      const bundle = attempt(() => parseBundle(JSON.parse(JSON.stringify(given))))
      // A page from a cache may bring an older bundle than this device has. A flag that was switched off stays off.
      const isOlder = bundle && entry.bundle && entry.bundle.version > bundle.version
      if (bundle && !isOlder && !entry.loadedAt)
        Object.assign(entry, { bundle, version: bundle.version, etag: undefined })
    },
    /** Keeps the context fresh and calls the listener after each change of its values, until the returned function is called. */
    subscribe: (context: FlagsContext, listener: () => void): (() => void) => {
      const unsubscribe = cache.get(context).changed.add(() => listener())
      freshness.check()
      return () => {
        unsubscribe()
        freshness.schedule()
      }
    },
    announce,
    /** Notes that the stream is alive and `version` is the current one. */
    confirm: (version: number) => {
      announce(version)
      cache.confirm(Math.max(version, announcedVersion))
      settled.emit()
    },
    /** Loads the active entries without their ETags: the client may have missed a change. */
    reload: () => refreshAll(cache.active(), true),
    /** Loads all entries of a user again, because the user's variants changed with a version. */
    reloadUser: (userId: string, version: number) => {
      announce(version)
      return refreshAll(cache.all().filter(({ context }) => context.userId === userId))
    },
    /** Ends all backoffs, because the service may be reachable again. */
    recover: () => {
      breaker.reset()
      for (const { backoff } of cache.all()) backoff.reset()
      freshness.check()
    },
    /** How long requests for this context stay stopped, in milliseconds. */
    pauseMs: (context: FlagsContext) => pauseMs(cache.get(context)),
    getEntry: cache.get,
    active: cache.active,
    isFresh: (entry: CacheEntry) => freshness.isFresh(entry) && !isBehind(entry),
    /** True while no request may go, because several failed. */
    isShut: () => breaker.remainingMs() > 0,
    /** Loads the bundle now, also during a backoff. A `Retry-After` stays in force. */
    refreshNow: (entry: CacheEntry) => {
      breaker.reset()
      entry.backoff.reset()
      return refresh(entry)
    },
    /** The path of the stream, as the last answer gave it. */
    streamPath: () => streamPath,
    /** Stops keeping bundles fresh. Reads go on. */
    close: () => {
      isClosed = true
      announcedVersion = 0
      freshness.close()
    },
  }
}

export type Bundles = ReturnType<typeof createBundles>
