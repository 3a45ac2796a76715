import { parseBundle, type Bundle } from './bundle.ts'
import type { Slot } from './storage.ts'

/** A bundle as it is kept over a restart. */
export type Kept = {
  readonly bundle: Bundle
  readonly version: number
  readonly etag: string | undefined
}

type Row = { readonly key: string; readonly etag?: string | undefined; readonly bundle: unknown }

/** As many users as share a device; older ones are forgotten. */
const MAX_KEPT = 5

/** Keeps the last bundles, each under its context, so that nobody is answered with another's. */
export const createShelf = (slot: Slot) => {
  const rows = () => [slot.read()].flat().filter(Boolean) as Row[]
  return {
    load(key: string): Kept | undefined {
      const row = rows().find((each) => each.key === key)
      const bundle = parseBundle(row?.bundle)
      return bundle && { bundle, version: bundle.version, etag: row?.etag }
    },
    save(key: string, bundle: Bundle, etag: string | undefined) {
      const others = rows().filter((each) => each.key !== key)
      slot.write([{ key, etag, bundle }, ...others].slice(0, MAX_KEPT))
    },
  }
}

export type Shelf = ReturnType<typeof createShelf>
