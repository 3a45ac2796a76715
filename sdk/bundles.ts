import { createBackoff } from './backoff.ts'
import { parseBundle, type Bundle } from './bundle.ts'
import { createBundleCache, type CacheEntry } from './bundle-cache.ts'
import type { FlagsContext } from './context.ts'
import { createSingleFlight, isWithin } from './internal.ts'
import type { Settings } from './options.ts'
import { isPermanentFailure, type Post, type Reply } from './request.ts'

/** The bundle of a reply. A 304 confirms the current one. */
const readBundle = ({ status, body, version }: Reply, current: Bundle | undefined) =>
  status === 200
    ? parseBundle(body)
    : status === 304 && current
      ? { ...current, version: version || current.version }
      : undefined

/** Loads the bundles of contexts, caches them, and loads them again when they are stale or a version is announced. */
export const createBundles = (settings: Settings, post: Post) => {
  const { now, timeoutMs, onError } = settings
  const cache = createBundleCache(settings)
  const backoff = createBackoff(settings)
  const singleFlight = createSingleFlight<unknown>(settings)
  let announcedVersion = 0
  let streamPath: string | undefined
  let onLoaded: (() => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const isBehind = ({ version }: CacheEntry) => version < announcedVersion

  /** Requests the bundle, and again when a newer version was announced meanwhile. */
  const load = async (entry: CacheEntry, isUnconditional?: boolean): Promise<void> => {
    const deadline = performance.now() + timeoutMs
    do {
      const minVersion = Math.max(announcedVersion, entry.version)
      const etag = isUnconditional ? undefined : entry.etag
      const reply = await post({
        path: `/v1/bundle?minVersion=${minVersion}`,
        body: { context: entry.context },
        ...(etag && { headers: { 'If-None-Match': etag } }),
        timeoutMs: deadline - performance.now(),
      })
      const bundle = readBundle(reply, entry.bundle)
      if (!bundle) {
        // A context that the service refuses is no reason to stop asking for the others.
        if (isPermanentFailure(reply)) entry.version = minVersion
        else backoff.failed(reply.retryAfterMs)
        onError(reply.error)
        return
      }
      backoff.succeeded()
      streamPath = bundle.stream
      cache.update(entry, bundle, reply.etag ?? etag, minVersion)
      onLoaded?.()
    } while (isBehind(entry))
  }

  /** Loads the bundle unless the backoff forbids it. Concurrent calls share one request. */
  const refresh = (entry: CacheEntry, isUnconditional?: boolean): Promise<unknown> =>
    singleFlight(entry, async () => backoff.remainingMs() > 0 || load(entry, isUnconditional))

  const refreshAll = (all: readonly CacheEntry[], isUnconditional?: boolean) =>
    Promise.all(all.map((entry) => refresh(entry, isUnconditional)))

  const isFresh = ({ bundle, verifiedAt }: CacheEntry) =>
    bundle && isWithin(now() - verifiedAt, bundle.staleTime * 1000)

  /** Loads the announced version of the active entries, and tries again until they have it. */
  const catchUp = async (): Promise<void> => {
    clearTimeout(timer)
    await refreshAll(cache.active().filter(isBehind))
    if (cache.active().some(isBehind))
      timer = setTimeout(() => void catchUp(), backoff.remainingMs())
  }

  /** Notes that a version is out. Active entries load it now, the others at their next read. */
  const announce = (version: number) => {
    if (!(version > announcedVersion)) return
    announcedVersion = version
    void catchUp()
  }

  return {
    /** The cached bundle. */
    peek: (context: FlagsContext): Bundle | undefined => cache.get(context).bundle,
    /** When the cached bundle was last known to be current, in epoch milliseconds; 0 when that is unknown. */
    verifiedAt: (context: FlagsContext): number => cache.get(context).verifiedAt,
    /**
     * Returns a fresh bundle at once, and a stale one while it loads a new one. With `waitForFresh` it waits for the new
     * one. Undefined when there never was an answer.
     */
    read: async (context: FlagsContext, waitForFresh = false): Promise<Bundle | undefined> => {
      const entry = cache.get(context)
      const isOutdated = !entry.bundle || isBehind(entry)
      if (isOutdated || !isFresh(entry)) {
        const refreshed = refresh(entry)
        if (isOutdated || waitForFresh) await refreshed
      }
      return entry.bundle
    },
    /** Takes a bundle from outside, as a stale one, unless the service has answered already. */
    seed: (context: FlagsContext, given: Bundle): void => {
      const entry = cache.get(context)
      const bundle = parseBundle(given)
      if (bundle && entry.verifiedAt === 0)
        Object.assign(entry, { bundle, version: bundle.version, etag: undefined })
    },
    /** Calls the listener after each change of this context's values, until the returned function is called. */
    subscribe: (context: FlagsContext, listener: () => void): (() => void) => {
      const { listeners } = cache.get(context)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    announce,
    /** Loads the active entries without their ETags: the client may have missed a change. */
    reload: () => refreshAll(cache.active(), true),
    /** Loads all entries of a user again, because the user's variants changed with a version. */
    reloadUser: (userId: string, version: number) => {
      announce(version)
      return refreshAll(cache.all().filter(({ context }) => context.userId === userId))
    },
    /** How long the backoff still lasts, in milliseconds. */
    backoffMs: backoff.remainingMs,
    /** Sets the listener that is called after each successful load. */
    onLoaded(listener: () => void) {
      onLoaded = listener
    },
    /** The path of the stream, as the last answer gave it. */
    streamPath: () => streamPath,
    /** Stops following announced versions. */
    close() {
      clearTimeout(timer)
      announcedVersion = 0
    },
  }
}

export type Bundles = ReturnType<typeof createBundles>
