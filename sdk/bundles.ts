import { getOwn, getValue, parseBundle, type Bundle } from './bundle.ts'
import { createBundleCache, type CacheEntry } from './bundle-cache.ts'
import type { FlagsContext } from './context.ts'
import { attempt } from './internal.ts'
import { createLoader, type LoadEvents } from './loader.ts'
import type { Settings } from './options.ts'
import { isPermanentFailure, type Post } from './request.ts'
import { createChooser } from './values.ts'
import { createStatus, type Status } from './status.ts'
import type { OpenEventSource } from './stream.ts'

/** The values of contexts, from the service or from a snapshot in this process. */
export type Bundles = {
  readonly getFlag: (context: FlagsContext, key: string, defaultValue: boolean) => Promise<boolean>
  /** The same from memory, without a request. */
  readonly peekFlag: (context: FlagsContext, key: string, defaultValue: boolean) => boolean
  /** The value of a flag of any type. A value of another type than the default is reported, and the default returned. */
  readonly getValue: <T>(context: FlagsContext, key: string, defaultValue: T) => Promise<T>
  readonly peekValue: <T>(context: FlagsContext, key: string, defaultValue: T) => T
  readonly getFlags: (context: FlagsContext) => Promise<Bundle['flags'] | undefined>
  readonly getVariant: (context: FlagsContext, experimentKey: string) => Promise<string | null>
  /**
   * Returns a fresh bundle at once, and a stale one while it loads a new one. With `waitForFresh` it waits for the new
   * one. Undefined when there never was an answer.
   */
  readonly read: (context: FlagsContext, waitForFresh?: boolean) => Promise<Bundle | undefined>
  /** The values to show without a request. */
  readonly peek: (context: FlagsContext) => Bundle | undefined
  /** When the values were last known to be current, in epoch milliseconds; 0 when that is unknown. */
  readonly verifiedAt: (context: FlagsContext) => number
  /** Takes a bundle from outside, as a stale one, unless the service has answered already. */
  readonly seed: (context: FlagsContext, given: Bundle) => void
  /** Keeps the context fresh and calls the listener after each change of its values, until the returned function is called. */
  readonly subscribe: (context: FlagsContext, listener: () => void) => () => void
  /** Loads all entries of a user again, because the user's variants changed with a version. */
  readonly reloadUser: (userId: string, version: number) => Promise<unknown>
  /** Loads what is in use again: the client may have missed a change. */
  readonly reload: () => Promise<unknown>
  /** Notes that the stream is alive and `version` is the current one. */
  readonly confirm: (version: number) => void
  /** Ends all backoffs, because the service may be reachable again. */
  readonly recover: () => void
  /** How long requests for this context stay stopped, in milliseconds. */
  readonly pauseMs: (context: FlagsContext) => number
  /** The path of the stream, as the last answer gave it. */
  readonly streamPath: () => string | undefined
  /** What opens streams; undefined when there are none. */
  readonly getEventSource: () => OpenEventSource | undefined
  /** Stops keeping values fresh. Reads go on. */
  readonly close: () => void
} & Status

/** Loads the bundles of contexts from the service, caches them, and keeps those in use current. */
export const createBundles = (settings: Settings, post: Post, events: LoadEvents): Bundles => {
  const cache = createBundleCache(settings)
  const choose = createChooser(settings)
  const loader = createLoader<Bundle, CacheEntry>(settings, post, events, {
    ...cache,
    describeRequest: ({ context }) => ({ path: '/v1/bundle', body: { context, values: true } }),
    parse: parseBundle,
    // The values of the user's former context may be untrue for a context that the service refuses.
    onFailure: (entry, reply) => isPermanentFailure(reply) && cache.forgetPrevious(entry),
  })

  const read = async (context: FlagsContext, waitForFresh = false): Promise<Bundle | undefined> => {
    const entry = cache.get(context)
    if (!loader.isFresh(entry)) {
      const refreshed = loader.refresh(entry)
      if (!entry.value || loader.isBehind(entry) || waitForFresh) await refreshed
    }
    return entry.value ?? entry.previous
  }

  const peek = (context: FlagsContext): Bundle | undefined => {
    const { value, previous } = cache.get(context)
    return value ?? previous
  }

  return {
    ...loader,
    read,
    peek,
    getFlag: async (context, key, defaultValue) =>
      choose(key, getValue(await read(context), key), defaultValue, false),
    peekFlag: (context, key, defaultValue) =>
      choose(key, getValue(peek(context), key), defaultValue, false),
    getValue: async (context, key, defaultValue) =>
      choose(key, getValue(await read(context), key), defaultValue),
    peekValue: (context, key, defaultValue) =>
      choose(key, getValue(peek(context), key), defaultValue),
    getFlags: async (context) => (await read(context))?.flags,
    getVariant: async (context, experimentKey) =>
      getOwn((await read(context))?.variants, experimentKey) ?? null,
    verifiedAt: (context) => cache.get(context).verifiedAt?.wall ?? 0,
    seed: (context, given) => {
      const entry = cache.get(context)
      const value = attempt(() => parseBundle(JSON.parse(JSON.stringify(given))))
      // A page from a cache may bring an older bundle than this device has. A flag that was switched off stays off.
      const isOlder = value && entry.value && entry.value.version > value.version
      if (value && !isOlder && !entry.loadedAt)
        Object.assign(entry, { value, version: value.version, etag: undefined })
    },
    subscribe: (context, listener) => {
      const unsubscribe = cache.get(context).changed.add(() => listener())
      loader.check()
      return () => {
        unsubscribe()
        loader.schedule()
      }
    },
    reloadUser: (userId, version) => {
      loader.announce(version)
      return loader.refreshAll(cache.all().filter(({ context }) => context.userId === userId))
    },
    pauseMs: (context) => loader.pauseMs(cache.get(context)),
    getEventSource: () => settings.EventSource,
    ...createStatus(settings, { ...loader, ...cache, getEntry: cache.get, read }),
  }
}
