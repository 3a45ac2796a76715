import { hasSameValues, parseBundle, type Bundle } from './bundle.ts'
import { readContext, type EvaluatedContext, type FlagsContext } from './context.ts'
import { attempt, createLru } from './internal.ts'
import type { Settings } from './options.ts'
import { createSlot, type Slot } from './storage.ts'

/** What the client knows about one context. */
export type CacheEntry = {
  readonly key: string
  readonly context: EvaluatedContext
  readonly listeners: Set<() => void>
  bundle?: Bundle | undefined
  etag?: string | undefined
  /** When the bundle was last known to be current, in epoch milliseconds; 0 when that is unknown. */
  verifiedAt: number
  /** The newest version that the bundle is known to be good for. */
  version: number
}

type Row = { readonly key: string; readonly etag?: string | undefined; readonly bundle: unknown }

/** The number of contexts in storage; a device has few users. */
const MAX_STORED = 5

/** The last bundles in storage, each under its context, so that no user gets the bundle of another. */
const createStoredBundles = (slot: Slot) => {
  const rows = () => [slot.read()].flat().filter(Boolean) as Row[]
  return {
    load(key: string) {
      const row = rows().find((each) => each.key === key)
      const bundle = parseBundle(row?.bundle)
      return bundle && { bundle, version: bundle.version, etag: row?.etag }
    },
    save(key: string, bundle: Bundle, etag: string | undefined) {
      const others = rows().filter((each) => each.key !== key)
      slot.write([{ key, etag, bundle }, ...others].slice(0, MAX_STORED))
    },
  }
}

/** The last bundles by context, in memory and in storage. */
export const createBundleCache = ({ storage, name, maxContexts, now }: Settings) => {
  const stored = createStoredBundles(createSlot(storage, `bundles:${name}`))
  const isWatched = (entry: CacheEntry) => entry.listeners.size > 0
  const entries = createLru<CacheEntry>(maxContexts, isWatched)
  let lastRead: CacheEntry | undefined

  return {
    get(context: FlagsContext): CacheEntry {
      const evaluated = readContext(context)
      const key = JSON.stringify(evaluated)
      lastRead = entries.get(key)
      if (!lastRead) {
        lastRead = {
          key,
          context: evaluated,
          listeners: new Set(),
          verifiedAt: 0,
          version: 0,
          ...stored.load(key),
        }
        entries.set(key, lastRead)
      }
      return lastRead
    },
    /** Stores the answer to a request for `minVersion`, and calls the listeners when a value changed. */
    update(entry: CacheEntry, bundle: Bundle, etag: string | undefined, minVersion: number) {
      const before = entry.bundle
      // An isolate that cannot reach the Publisher may be behind. A flag that was switched off stays off.
      const isOlder = before && entry.verifiedAt > 0 && bundle.version < before.version
      entry.verifiedAt = now()
      entry.version = Math.max(minVersion, bundle.version)
      if (isOlder) return
      const isSame = before && hasSameValues(before, bundle)
      // Equal values keep their identity, so that React does not render again.
      entry.bundle = isSame ? { ...bundle, flags: before.flags, variants: before.variants } : bundle
      entry.etag = etag
      stored.save(entry.key, bundle, etag)
      if (!isSame) for (const listener of entry.listeners) attempt(listener)
    },
    /** The entries in use: those with listeners, and the one that was read last. */
    active: () => entries.all().filter((entry) => entry === lastRead || isWatched(entry)),
    all: entries.all,
  }
}
