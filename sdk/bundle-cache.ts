import { hasSameValues, keepObjects, parseBundle, type Bundle } from './bundle.ts'
import { leavesOut, type EvaluatedContext, type FlagsContext } from './context.ts'
import { createEntry, type Entry } from './entry.ts'
import { attempt, createLru } from './internal.ts'
import type { Settings } from './options.ts'
import { createSlot, type Slot } from './storage.ts'

/** What the client knows about one context. Its listeners make it watched: the client keeps it fresh. */
export type CacheEntry = Entry<Bundle> & {
  readonly key: string
  readonly context: EvaluatedContext
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
    const value = parseBundle(row?.bundle)
    return value && { value, version: value.version, etag: row?.etag }
  }
  return {
    load: (key: string) => find((row) => row.key === key),
    loadOfUser: (userId: string) => find((row) => readUserId(row.key) === userId)?.value,
    save: (key: string, bundle: Bundle, etag: string | undefined) => {
      const others = rows().filter((row) => row.key !== key)
      slot.write([{ key, etag, bundle }, ...others].slice(0, MAX_STORED))
    },
  }
}

/** The last bundles by context, in memory and in storage. */
export const createBundleCache = (settings: Settings) => {
  const { storage, name, maxContexts, keepValues } = settings
  const stored = createStoredBundles(createSlot(storage, `bundles:${name}`))
  const isWatched = (entry: CacheEntry) => entry.changed.size() > 0
  const entries = createLru<CacheEntry>(maxContexts, isWatched)
  const lastByUser = createLru<Bundle>(maxContexts)
  let lastRead: CacheEntry | undefined
  /** The attributes that flags use, as the last answer gave them. */
  let used: readonly string[] = []
  const reported = new Set<string>()

  const create = (key: string, context: EvaluatedContext): CacheEntry => {
    const loaded = stored.load(key)
    const { userId } = context
    const previous =
      keepValues && !loaded && userId !== undefined
        ? (lastByUser.get(userId) ?? stored.loadOfUser(userId))
        : undefined
    return { key, context, ...createEntry<Bundle>(settings), previous, ...loaded }
  }

  /** Without a word, such an attribute would count as missing in the service. */
  const warnAboutUnsent = (context: FlagsContext) => {
    const unsent = used.filter(
      (each) => !reported.has(each) && leavesOut(context, each, settings.attributes),
    )
    for (const each of unsent) reported.add(each)
    if (unsent.length > 0)
      settings.warn(
        'attributes',
        `flags use ${unsent.join(', ')}, which this client does not send. Add to its options: attributes: ${JSON.stringify(unsent)}`,
      )
  }

  return {
    get: (context: FlagsContext): CacheEntry => {
      const evaluated = settings.readContext(context)
      if (used.length > 0) warnAboutUnsent(context)
      const key = JSON.stringify(evaluated)
      lastRead = entries.get(key) ?? create(key, evaluated)
      entries.set(key, lastRead)
      return lastRead
    },
    /** Stores the answer to a request, and calls the listeners when a value changed. */
    adopt: (entry: CacheEntry, bundle: Bundle, etag: string | undefined) => {
      const before = entry.value
      const isSame = before && hasSameValues(before, bundle)
      // Equal values keep their identity, so that React does not render again.
      const kept = keepObjects(bundle, before)
      entry.value = isSame ? { ...kept, flags: before.flags, variants: before.variants } : kept
      entry.etag = etag
      used = bundle.attributes ?? []
      entry.previous = undefined
      if (entry.context.userId !== undefined) lastByUser.set(entry.context.userId, entry.value)
      stored.save(entry.key, bundle, etag)
      if (!isSame) entry.changed.emit()
    },
    /** Ends the use of the values of the user's former context. */
    forgetPrevious: (entry: CacheEntry) => {
      if (!entry.previous) return
      entry.previous = undefined
      entry.changed.emit()
    },
    isWatched,
    /** The entries in use: those with listeners, and the one that was read last. */
    active: () => entries.all().filter((entry) => entry === lastRead || isWatched(entry)),
    all: entries.all,
  }
}
