import { haveType } from './bundle.ts'
import type { Reply } from './request.ts'
import type { Slot } from './storage.ts'

export type Exposure = {
  readonly id: string
  readonly experimentKey: string
  readonly userId: string
  readonly variant: string
  /** Epoch milliseconds by the client's clock; absent when that clock is wrong. */
  readonly ts?: number | undefined
  /** Of a known crawler. An older service ignores it. */
  readonly isBot?: true
}

export type TrackedEvent = {
  readonly id: string
  readonly type: string
  readonly userId: string
  readonly ts?: number | undefined
  readonly isBot?: true
}

/** The sign-in of an anonymous user. */
export type Identification = {
  readonly id: string
  readonly anonymousId: string
  readonly userId: string
  readonly ts?: undefined
}

export type Item = Exposure | TrackedEvent | Identification

/** An item before it gets its id. */
export type NewItem = Omit<Exposure, 'id'> | Omit<TrackedEvent, 'id'> | Omit<Identification, 'id'>

/** Items that will never be sent, and the reason: an error code of the service or of the client. */
export type Dropped = {
  readonly items: readonly Omit<Item, 'id' | 'ts'>[]
  readonly reason: string
}

export type ItemKind = 'exposures' | 'events' | 'identify'

export const getKind = (item: Item): ItemKind =>
  'experimentKey' in item ? 'exposures' : 'type' in item ? 'events' : 'identify'

const isItem = (value: unknown): value is Item => {
  const { id, userId, type, experimentKey, anonymousId } = Object(value) as Record<string, unknown>
  return haveType('string', [id, userId, type ?? experimentKey ?? anonymousId])
}

/** Values of another type would make the whole batch unreadable. */
export const isSendable = (item: NewItem): boolean =>
  Object.entries(item).every(
    ([name, value]) => name === 'isBot' || typeof value === (name === 'ts' ? 'number' : 'string'),
  )

/**
 * The unsent items, in memory and in storage. Tabs share the storage: each tab adds and removes only its own items. An
 * item that two tabs send has one id, so the service counts it once.
 */
export const createOutbox = (slot: Slot) => {
  const readStored = () =>
    new Map(
      [slot.read()]
        .flat()
        .filter(isItem)
        .map((item) => [item.id, item]),
    )
  const items = readStored()

  /** Applies a change to the items in memory and to those in storage. */
  const change = (apply: (items: Map<string, Item>) => void) => {
    const stored = readStored()
    apply(stored)
    apply(items)
    slot.write([...stored.values()])
  }

  return {
    all: (): readonly Item[] => [...items.values()],
    has: ({ id }: Item): boolean => items.has(id),
    /** Adds an item, or replaces the one with the same id. */
    put: (item: Item) => change((all) => all.set(item.id, item)),
    remove: (gone: readonly Item[]) => change((all) => gone.forEach(({ id }) => all.delete(id))),
  }
}

/** The service takes 500 items and 256 KB a batch. */
const MAX_ITEMS = 500
export const MAX_BATCH_BYTES = 240_000

/** The length of `,"sentAt":1700000000000` and a comma. */
const EXTRA_BYTES = 25

/** The length in UTF-8, as sent. React Native has no TextEncoder before 0.74. */
const byteLength = (item: Item) =>
  encodeURIComponent(JSON.stringify(item)).replace(/%../g, '_').length + EXTRA_BYTES

/**
 * The first items of a kind that fit into one batch. A sign-in splits batches: it is sent alone, after the items before
 * it and before the items after it.
 */
export const takeBatch = (items: readonly Item[], kind: ItemKind, maxBytes: number): Item[] => {
  const batch: Item[] = []
  let bytes = 20 // {"exposures":[]}
  for (const item of items) {
    const itemKind = getKind(item)
    if (itemKind === kind) {
      bytes += byteLength(item)
      if (batch.length === MAX_ITEMS || (batch.length > 0 && bytes > maxBytes)) break
      batch.push(item)
    }
    if (itemKind === 'identify') break
  }
  return batch
}

export type Rejection = { readonly id: string; readonly errorCode: string }

/** The rejected items of a batch; undefined when the reply does not account for the whole batch. */
export const readRejections = (
  { status, body }: Reply,
  size: number,
): readonly Rejection[] | undefined => {
  const { accepted, duplicates, rejected, version } = Object(body) as Record<string, unknown>
  if (status === 200 && typeof version === 'number') return []
  return status === 202 &&
    Array.isArray(rejected) &&
    Number(accepted) + Number(duplicates) + rejected.length === size
    ? rejected.map(Object)
    : undefined
}
