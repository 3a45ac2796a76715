import { attempt } from './attempt.ts'
import { isSameAnswer, type Bundle } from './bundle.ts'
import { readContext, type Asked, type FlagsContext } from './context.ts'
import type { Settings } from './options.ts'
import { createRecent } from './recent.ts'
import { createShelf } from './shelf.ts'
import { createSlot } from './storage.ts'

/** What is known for one context. */
export type Entry = {
  readonly key: string
  readonly asked: Asked
  readonly listeners: Set<() => void>
  bundle?: Bundle | undefined
  etag?: string | undefined
  /** When the bundle was last known to be current; 0 when that is not known. Epoch milliseconds. */
  verifiedAt: number
  /** The version that the bundle is known to be good for. */
  version: number
}

/** The last answers, one a context, in memory and in storage: nobody is answered with another's. */
export const createEntries = ({ storage, name, maxContexts, now }: Settings) => {
  const shelf = createShelf(createSlot(storage, `bundles:${name}`))
  const isWatched = (entry: Entry) => entry.listeners.size > 0
  const recent = createRecent<Entry>(maxContexts, isWatched)
  let last: Entry | undefined

  return {
    of(context: FlagsContext): Entry {
      const asked = readContext(context)
      const key = JSON.stringify(asked)
      last = recent.get(key)
      if (!last) {
        last = {
          key,
          asked,
          listeners: new Set(),
          verifiedAt: 0,
          version: 0,
          ...shelf.load(key),
        }
        recent.set(key, last)
      }
      return last
    },
    /** Takes an answer that was asked for at a version; listeners hear of it when it is another than before. */
    adopt(entry: Entry, bundle: Bundle, etag: string | undefined, version: number) {
      const before = entry.bundle
      // An isolate that cannot reach the others may be behind: what was switched off stays off.
      const isOlder = before && entry.verifiedAt > 0 && bundle.version < before.version
      entry.verifiedAt = now()
      entry.version = Math.max(version, bundle.version)
      if (isOlder) return
      const isSame = before && isSameAnswer(before, bundle)
      // The same objects as before, so that whoever compares them sees that nothing changed.
      entry.bundle = isSame ? { ...bundle, flags: before.flags, variants: before.variants } : bundle
      entry.etag = etag
      shelf.save(entry.key, bundle, etag)
      if (!isSame) for (const listener of entry.listeners) attempt(listener)
    },
    /** Those that somebody looks at now. */
    watched: () => recent.all().filter((entry) => entry === last || isWatched(entry)),
    all: recent.all,
  }
}
