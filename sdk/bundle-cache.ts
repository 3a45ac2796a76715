import { createBackoff, type Backoff } from './backoff.ts'
import { hasSameValues, parseBundle, type Bundle } from './bundle.ts'
import { readContext, type EvaluatedContext, type FlagsContext } from './context.ts'
import { attempt, createLru, createSignal, type Mark, type Signal } from './internal.ts'
import type { Settings } from './options.ts'
import { createSlot, type Slot } from './storage.ts'

/** What the client knows about one context. */
export type CacheEntry = {
  readonly key: string
  readonly context: EvaluatedContext
  /** Its listeners make the entry watched: the client keeps it fresh. */
  readonly changed: Signal<void>
  readonly backoff: Backoff
  /** The answer of the service for this context, or one from storage or the page. */
  bundle?: Bundle | undefined
  /** The last values of the same user with other attributes, until there is an answer. */
  previous?: Bundle | undefined
  etag?: string | undefined
  /** When the service last answered for this context. */
  loadedAt?: Mark | undefined
  /** When the bundle was last known to be current: by an answer, or by the stream. */
  verifiedAt?: Mark | undefined
  /** The newest version that the bundle is known to be good for. */
  version: number
  /** The answers in a row that were older than the announced version. */
  lateAnswers: number
  /** Why the last request failed; undefined after a success. */
  error?: unknown
  failedAt?: Mark | undefined
}

type Row = { readonly key: string; readonly etag?: string | undefined; readonly bundle: unknown }

/** The number of contexts in storage; a device has few users. */
const MAX_STORED = 5

const readUserId = (key: string) => attempt(() => (JSON.parse(key) as EvaluatedContext).userId)

/** The last bundles in storage, each under its context, so that no user gets the bundle of another. */
const createStoredBundles = (slot: Slot) => {
  const rows = () =>
    [slot.read()].flat().filter((row) => typeof Object(row).key === 'string') as Row[]
  const find = (matches: (row: Row) => boolean) => {
    const row = rows().find(matches)
    const bundle = parseBundle(row?.bundle)
    return bundle && { bundle, version: bundle.version, etag: row?.etag }
  }
  return {
    load: (key: string) => find((row) => row.key === key),
    loadOfUser: (userId: string) => find((row) => readUserId(row.key) === userId)?.bundle,
    save: (key: string, bundle: Bundle, etag: string | undefined) => {
      const others = rows().filter((row) => row.key !== key)
      slot.write([{ key, etag, bundle }, ...others].slice(0, MAX_STORED))
    },
  }
}

/** The last bundles by context, in memory and in storage. */
export const createBundleCache = (settings: Settings) => {
  const { storage, name, maxContexts, clock, keepValues } = settings
  const stored = createStoredBundles(createSlot(storage, `bundles:${name}`))
  const isWatched = (entry: CacheEntry) => entry.changed.size() > 0
  const entries = createLru<CacheEntry>(maxContexts, isWatched)
  const lastByUser = createLru<Bundle>(maxContexts)
  let lastRead: CacheEntry | undefined

  const create = (key: string, context: EvaluatedContext): CacheEntry => {
    const loaded = stored.load(key)
    const { userId } = context
    const previous =
      keepValues && !loaded && userId !== undefined
        ? (lastByUser.get(userId) ?? stored.loadOfUser(userId))
        : undefined
    return {
      key,
      context,
      changed: createSignal(),
      backoff: createBackoff(settings),
      version: 0,
      lateAnswers: 0,
      previous,
      ...loaded,
    }
  }

  return {
    get: (context: FlagsContext): CacheEntry => {
      const evaluated = readContext(context)
      const key = JSON.stringify(evaluated)
      lastRead = entries.get(key) ?? create(key, evaluated)
      entries.set(key, lastRead)
      return lastRead
    },
    /**
     * Stores the answer to a request, and calls the listeners when a value changed.
     *
     * @param minVersion the version that the answer is good for; undefined when it is known to be behind
     */
    update: (
      entry: CacheEntry,
      bundle: Bundle,
      etag: string | undefined,
      minVersion: number | undefined,
    ) => {
      const before = entry.bundle
      // An isolate that cannot reach the Publisher may be behind. A flag that was switched off stays off.
      const isOlder = before && entry.loadedAt && bundle.version < before.version
      entry.loadedAt = clock.mark()
      if (minVersion !== undefined) {
        entry.verifiedAt = entry.loadedAt
        entry.version = Math.max(minVersion, bundle.version)
      }
      if (isOlder) return
      const isSame = before && hasSameValues(before, bundle)
      // Equal values keep their identity, so that React does not render again.
      entry.bundle = isSame ? { ...bundle, flags: before.flags, variants: before.variants } : bundle
      entry.etag = etag
      entry.previous = undefined
      if (entry.context.userId !== undefined) lastByUser.set(entry.context.userId, entry.bundle)
      stored.save(entry.key, bundle, etag)
      if (!isSame) entry.changed.emit()
    },
    /** Ends the use of the values of the user's former context: the service refuses the new one, so they may be untrue. */
    forgetPrevious: (entry: CacheEntry) => {
      if (!entry.previous) return
      entry.previous = undefined
      entry.changed.emit()
    },
    /** Notes that `version` is the current one: bundles of this version are verified again. */
    confirm: (version: number) => {
      for (const entry of entries.all())
        if (entry.loadedAt && entry.bundle && entry.bundle.version >= version)
          entry.verifiedAt = clock.mark()
    },
    isWatched,
    /** The entries in use: those with listeners, and the one that was read last. */
    active: () => entries.all().filter((entry) => entry === lastRead || isWatched(entry)),
    all: entries.all,
  }
}
