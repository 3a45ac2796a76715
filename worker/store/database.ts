import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import * as tables from '../../schema/tables.ts'

export type Database = DrizzleD1Database<typeof tables>

/**
 * Opens D1 so that reads see every committed write: the session starts at the primary, whether or not
 * read replication is switched on. Drizzle only prepares and batches, which a session does like a database.
 */
export const openDatabase = (d1: D1Database): Database =>
  // Drizzle's type asks for more than it calls.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  drizzle(d1.withSession('first-primary') as unknown as D1Database, { schema: tables })
