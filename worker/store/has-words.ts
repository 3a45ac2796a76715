import { sql, type SQL } from 'drizzle-orm'

/** A search has more words than this only by mistake. */
const MAX_WORDS = 10

/** Whether each word of a search is part of a text. Letters of ASCII match in either case. */
export const hasWords = (search: string, text: SQL): SQL[] =>
  search
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS)
    .map((word) => sql`instr(lower(${text}), lower(${word})) > 0`)
