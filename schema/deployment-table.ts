import { sql } from 'drizzle-orm'
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** One row: the deployment that may write here, by the id of its Publisher. The first one to run claims it. */
export const deployment = sqliteTable(
  'deployment',
  {
    id: integer('id').primaryKey(),
    publisher: text('publisher').notNull(),
    claimedAt: integer('claimed_at', { mode: 'timestamp_ms' }).notNull(),
  },
  (table) => [check('deployment_one_row', sql`${table.id} = 1`)],
)
