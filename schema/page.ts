import * as z from 'zod'

/** The requested part of a list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(400).optional().describe('Opaque: `nextCursor` of the previous page.'),
})

/** A page of `items`; `nextCursor` is null on the last one. */
export const createPageSchema = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
