import type * as z from 'zod'
import { Problem } from './problem.ts'

/** The cursor after the last item of a page. Opaque to callers, so its form may change. */
export const encodeCursor = (position: string | number): string => btoa(String(position))

const decode = (cursor: string): string | undefined => {
  try {
    return atob(cursor)
  } catch {
    return undefined
  }
}

/** The position of a cursor. Refuses one that this list never returned. */
export const decodeCursor = <Schema extends z.ZodType>(
  cursor: string,
  position: Schema,
): z.output<Schema> => {
  const parsed = position.safeParse(decode(cursor))
  if (!parsed.success)
    throw new Problem(
      'INVALID_REQUEST',
      'cursor: use the `nextCursor` of the page before, as it came',
    )
  return parsed.data
}

/** One page of `limit + 1` rows. The extra row only shows that there are more. */
export const toPage = <Item>(
  rows: readonly Item[],
  limit: number,
  getPosition: (item: Item) => string | number,
) => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(getPosition(last)) : null }
}
