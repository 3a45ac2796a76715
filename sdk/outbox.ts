import type { Slot } from './storage.ts'

export type Exposure = {
  readonly id: string
  readonly experimentKey: string
  readonly userId: string
  readonly variant: string
  /** Epoch milliseconds by the client's clock; absent when that clock is wrong. */
  readonly ts?: number
}

export type TrackedEvent = {
  readonly id: string
  readonly type: string
  readonly userId: string
  readonly ts?: number
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
export const createOutbox = (slot: Slot, max: number) => {
  const items = new Map<string, Item>()
  const stored = () => [slot.read()].flat().filter(isItem)
  for (const item of stored()) items.set(item.id, item)

  const store = (change: (kept: Map<string, Item>) => void) => {
    const kept = new Map(stored().map((item) => [item.id, item]))
    change(kept)
    slot.write([...kept.values()])
  }

  return {
    all: (): readonly Item[] => [...items.values()],
    /** Keeps an item until it is removed; false when there is no room. */
    add(item: Item): boolean {
      if (items.size >= max) return false
      items.set(item.id, item)
      store((kept) => kept.set(item.id, item))
      return true
    },
    remove(gone: readonly Item[]) {
      for (const { id } of gone) items.delete(id)
      store((kept) => gone.forEach(({ id }) => kept.delete(id)))
    },
    replace(item: Item) {
      if (!items.has(item.id)) return
      items.set(item.id, item)
      store((kept) => kept.set(item.id, item))
    },
  }
}

export type Outbox = ReturnType<typeof createOutbox>
