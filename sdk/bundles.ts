import { parseBundle, type Bundle } from './bundle.ts'
import { createBundleCache, type CacheEntry } from './bundle-cache.ts'
import type { FlagsContext } from './context.ts'
import { attempt } from './internal.ts'
import { createLoader } from './loader.ts'
import type { Settings } from './options.ts'
import { isPermanentFailure, type Post } from './request.ts'
import { createStatus } from './status.ts'

/** Loads the bundles of contexts from the service, caches them, and keeps those in use current. */
export const createBundles = (settings: Settings, post: Post) => {
  const cache = createBundleCache(settings)
  const loader = createLoader<Bundle, CacheEntry>(settings, post, {
    ...cache,
    describeRequest: ({ context }) => ({ path: '/v1/bundle', body: { context } }),
    parse: parseBundle,
    // The values of the user's former context may be untrue for a context that the service refuses.
    onFailure: (entry, reply) => isPermanentFailure(reply) && cache.forgetPrevious(entry),
  })

  /**
   * Returns a fresh bundle at once, and a stale one while it loads a new one. With `waitForFresh` it waits for the new
   * one. Undefined when there never was an answer.
   */
  const read = async (context: FlagsContext, waitForFresh = false): Promise<Bundle | undefined> => {
    const entry = cache.get(context)
    if (!loader.isFresh(entry)) {
      const refreshed = loader.refresh(entry)
      if (!entry.value || loader.isBehind(entry) || waitForFresh) await refreshed
    }
    return entry.value ?? entry.previous
  }

  return {
    ...loader,
    read,
    /** The values to show without a request: the cached bundle, else the last values of the same user. */
    peek: (context: FlagsContext): Bundle | undefined => {
      const { value, previous } = cache.get(context)
      return value ?? previous
    },
    /** When the cached bundle was last known to be current, in epoch milliseconds; 0 when that is unknown. */
    verifiedAt: (context: FlagsContext): number => cache.get(context).verifiedAt?.wall ?? 0,
    /** Takes a bundle from outside, as a stale one, unless the service has answered already. */
    seed: (context: FlagsContext, given: Bundle): void => {
      const entry = cache.get(context)
      const value = attempt(() => parseBundle(JSON.parse(JSON.stringify(given))))
      // A page from a cache may bring an older bundle than this device has. A flag that was switched off stays off.
      const isOlder = value && entry.value && entry.value.version > value.version
      if (value && !isOlder && !entry.loadedAt)
        Object.assign(entry, { value, version: value.version, etag: undefined })
    },
    /** Keeps the context fresh and calls the listener after each change of its values, until the returned function is called. */
    subscribe: (context: FlagsContext, listener: () => void): (() => void) => {
      const unsubscribe = cache.get(context).changed.add(() => listener())
      loader.check()
      return () => {
        unsubscribe()
        loader.schedule()
      }
    },
    /** Loads all entries of a user again, because the user's variants changed with a version. */
    reloadUser: (userId: string, version: number) => {
      loader.announce(version)
      return loader.refreshAll(cache.all().filter(({ context }) => context.userId === userId))
    },
    /** How long requests for this context stay stopped, in milliseconds. */
    pauseMs: (context: FlagsContext) => loader.pauseMs(cache.get(context)),
    status: createStatus(settings, { ...loader, ...cache, getEntry: cache.get, read }),
  }
}

export type Bundles = ReturnType<typeof createBundles>
