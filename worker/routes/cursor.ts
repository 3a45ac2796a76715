import { Problem } from '../problem.ts'

/** The cursor behind the last item shown: opaque to callers, so that it may change. */
export const toCursor = (position: string | number): string => btoa(String(position))

export const fromCursor = (cursor: string): string => {
  try {
    return atob(cursor)
  } catch {
    throw new Problem(
      'INVALID_REQUEST',
      'cursor: use the `nextCursor` of the page before, as it came',
    )
  }
}

/** One page out of `limit + 1` rows that were read: the one too many only tells that there is more. */
export const toPage = <Item>(
  rows: readonly Item[],
  limit: number,
  positionOf: (item: Item) => string | number,
) => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? toCursor(positionOf(last)) : null }
}
