import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Experiments that were deleted after a launch. Participant objects still have their variants, so no other experiment
 * gets the key. Late rows of them are deleted every minute.
 */
export const deletedExperiment = sqliteTable('deleted_experiment', {
  key: text('key').primaryKey(),
  at: integer('at', { mode: 'timestamp_ms' }).notNull(),
})
