import { kindOf, type Item, type Kind } from './outbox.ts'
import type { Reply } from './request.ts'

/** The service takes 500 items and 256 KB a batch. */
const MAX_ITEMS = 500
export const MAX_BATCH_BYTES = 240_000

const bytesOf = (item: Item) => new TextEncoder().encode(JSON.stringify(item)).length + 1

/**
 * The first items of a kind that go into one batch together. Who signs in goes alone, behind all that was done
 * before and ahead of all that is done after.
 */
export const nextBatch = (items: readonly Item[], kind: Kind, maxBytes: number): Item[] => {
  const batch: Item[] = []
  let bytes = 20 // {"exposures":[]}
  for (const item of items) {
    const own = kindOf(item)
    if (own === kind) {
      bytes += bytesOf(item)
      if (batch.length === MAX_ITEMS || (batch.length > 0 && bytes > maxBytes)) break
      batch.push(item)
    }
    if (own === 'identify') break
  }
  return batch
}

export type Refused = { readonly id: string; readonly errorCode: string }

/** What the service refuses of a batch; undefined when this is not its answer to all of it. */
export const refusedIn = (
  { status, body }: Reply,
  size: number,
): readonly Refused[] | undefined => {
  const { accepted, duplicates, rejected, version } = Object(body) as Record<string, unknown>
  if (status === 200 && typeof version === 'number') return []
  return status === 202 &&
    Array.isArray(rejected) &&
    Number(accepted) + Number(duplicates) + rejected.length === size
    ? rejected.map(Object)
    : undefined
}
