import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** A segment. The lists and the conditions are JSON texts, parsed row by row like the rules of a flag. */
export const segment = sqliteTable('segment', {
  key: text('key').primaryKey(),
  description: text('description'),
  include: text('include').notNull(),
  exclude: text('exclude').notNull(),
  conditions: text('conditions').notNull(),
  version: integer('version').notNull(),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
  updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull(),
})
