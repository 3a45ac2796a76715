import { areOf } from './bundle.ts'
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

/** That someone anonymous has signed in. */
export type Identification = {
  readonly id: string
  readonly anonymousId: string
  readonly userId: string
  readonly ts?: undefined
}

export type Item = Exposure | TrackedEvent | Identification

/** One that has no id yet. */
export type NewItem = Omit<Exposure, 'id'> | Omit<TrackedEvent, 'id'> | Omit<Identification, 'id'>

/** What will never be sent, and why: an error code of the service, or what went wrong here. */
export type Dropped = {
  readonly items: readonly Omit<Item, 'id' | 'ts'>[]
  readonly reason: string
}

export type Kind = 'exposures' | 'events' | 'identify'

export const kindOf = (item: Item): Kind =>
  'experimentKey' in item ? 'exposures' : 'type' in item ? 'events' : 'identify'

const isItem = (value: unknown): value is Item => {
  const { id, userId, type, experimentKey, anonymousId } = Object(value) as Record<string, unknown>
  return areOf('string', [id, userId, type ?? experimentKey ?? anonymousId])
}

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
    has: ({ id }: Item): boolean => items.has(id),
    /** Keeps an item until it is removed, in place of the one of the same id. */
    put: (item: Item) => change((kept) => kept.set(item.id, item)),
    remove: (gone: readonly Item[]) => change((kept) => gone.forEach(({ id }) => kept.delete(id))),
  }
}
