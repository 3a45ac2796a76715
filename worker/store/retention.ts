import { sql } from 'drizzle-orm'
import { event, experimentExposure } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/** Rows a statement: a transaction of tens of milliseconds, between which edits get their turn. */
export const CHUNK_ROWS = 1_000
/** Statements a call and table: 14 million rows a day when it is called every minute. */
const CHUNKS = 10

/**
 * Deletes exposures and events from before an instant, the oldest first, and tells how many. No trigger follows a
 * deletion, so the roll-ups and what an assignment says of its user stay as they are.
 */
export const deleteRawRows = async (db: Database, before: number): Promise<number> => {
  let deleted = 0
  for (const table of [experimentExposure, event])
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const { meta } = await db.run(sql`
        DELETE FROM ${table} WHERE rowid IN (
          SELECT rowid FROM ${table} WHERE at < ${before} ORDER BY at LIMIT ${CHUNK_ROWS})`)
      deleted += meta.changes
      if (meta.changes < CHUNK_ROWS) break
    }
  return deleted
}
