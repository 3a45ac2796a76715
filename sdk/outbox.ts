import type { Slot } from './storage.ts'

export type Exposure = {
  readonly id: string
  readonly experimentKey: string
  readonly userId: string
  readonly variant: string
  /** Epoch milliseconds by the client's clock; absent when that clock is wrong. */
  readonly ts?: number | undefined
}

export type TrackedEvent = {
  readonly id: string
  readonly type: string
  readonly userId: string
  readonly ts?: number | undefined
}

export type Item = Exposure | TrackedEvent

/** What will never be sent, and why: an error code of the service, or what went wrong here. */
export type Dropped = {
  readonly items: readonly Omit<Item, 'id' | 'ts'>[]
  readonly reason: string
}

export type Kind = 'exposures' | 'events'

export const kindOf = (item: Item): Kind => ('experimentKey' in item ? 'exposures' : 'events')

/** The service takes 500 items and 256 KB a batch. */
const MAX_ITEMS = 500
export const MAX_BATCH_BYTES = 240_000

const encoder = new TextEncoder()
const bytesOf = (item: Item) => encoder.encode(JSON.stringify(item)).length + 1

/** The first items of a kind that go into one batch together. */
export const nextBatch = (items: readonly Item[], kind: Kind, maxBytes: number): Item[] => {
  const batch: Item[] = []
  let bytes = 20 // {"exposures":[]}
  for (const item of items) {
    if (kindOf(item) !== kind) continue
    bytes += bytesOf(item)
    if (batch.length === MAX_ITEMS || (batch.length > 0 && bytes > maxBytes)) break
    batch.push(item)
  }
  return batch
}

const isItem = (value: unknown): value is Item =>
  typeof value === 'object' &&
  value !== null &&
  ['id', 'userId', 'type' in value ? 'type' : 'experimentKey'].every(
    (name) => typeof (value as Record<string, unknown>)[name] === 'string',
  )

/**
 * What was not sent yet, in memory and in storage. Several tabs share the storage: each adds and takes away its own
 * items, whole; one that is sent by two of them has one id, and counts once.
 */
export const createOutbox = (slot: Slot) => {
  const stored = () =>
    new Map(
      [slot.read()]
        .flat()
        .filter(isItem)
        .map((item) => [item.id, item]),
    )
  const items = stored()

  /** Changes what is in memory and what is stored, each on its own. */
  const change = (act: (kept: Map<string, Item>) => void) => {
    const kept = stored()
    act(kept)
    act(items)
    slot.write([...kept.values()])
  }

  return {
    all: (): readonly Item[] => [...items.values()],
    /** Keeps an item until it is removed, in place of the one of the same id. */
    put: (item: Item) => change((kept) => kept.set(item.id, item)),
    remove: (gone: readonly Item[]) => change((kept) => gone.forEach(({ id }) => kept.delete(id))),
  }
}
