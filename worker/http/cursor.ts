import type * as z from 'zod'
import { Problem } from './problem.ts'

/** The cursor behind the last item shown: opaque to callers, so that it may change. */
export const encodeCursor = (position: string | number): string => btoa(String(position))

const decoded = (cursor: string): string | undefined => {
  try {
    return atob(cursor)
  } catch {
    return undefined
  }
}

/** The position that a cursor stands for, if it is one that this list gave out. */
export const decodeCursor = <Schema extends z.ZodType>(
  cursor: string,
  position: Schema,
): z.output<Schema> => {
  const parsed = position.safeParse(decoded(cursor))
  if (!parsed.success)
    throw new Problem(
      'INVALID_REQUEST',
      'cursor: use the `nextCursor` of the page before, as it came',
    )
  return parsed.data
}

/** One page out of `limit + 1` rows that were read: the one too many only tells that there is more. */
export const toPage = <Item>(
  rows: readonly Item[],
  limit: number,
  positionOf: (item: Item) => string | number,
) => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(positionOf(last)) : null }
}
