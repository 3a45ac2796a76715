import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import * as tables from '../../schema/tables.ts'

export type Database = DrizzleD1Database<typeof tables>

/**
 * Opens D1 so that reads see every committed write: the session starts at the primary, whether or not
 * read replication is switched on. Drizzle only prepares and batches, which a session does like a database.
 */
export const openDatabase = (d1: D1Database): Database =>
  drizzle(d1.withSession('first-primary') as unknown as D1Database, { schema: tables })
