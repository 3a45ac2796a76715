import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Users who count in no result of an experiment. Triggers take off the roll-ups what they counted, and put it back when a
 * row is deleted (migration `people`).
 */
export const experimentExclusion = sqliteTable(
  'experiment_exclusion',
  {
    experimentKey: text('experiment_key').notNull(),
    userId: text('user_id').notNull(),
    reason: text('reason').$type<'tester' | 'list'>().notNull(),
    /** A tester, or the owner of an id that was in the list: stays when the list no longer has the id. */
    isKept: integer('is_kept', { mode: 'boolean' }).notNull(),
    /** Since when, in epoch milliseconds. A user with an earlier first exposure was counted until then. */
    at: integer('at').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.experimentKey, table.userId] }),
    index('experiment_exclusion_user').on(table.userId),
  ],
)
