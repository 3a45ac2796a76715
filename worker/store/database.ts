import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'
import * as tables from '../../schema/tables.ts'

export type Database = DrizzleD1Database<typeof tables>

/**
 * Opens D1 so that reads see every committed write: the session starts at the primary, even with read replication.
 * Drizzle only uses `prepare` and `batch`, which a session has as well.
 */
export const openDatabase = (d1: D1Database): Database =>
  // The type of Drizzle's argument has more members than Drizzle uses.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  drizzle(d1.withSession('first-primary') as unknown as D1Database, { schema: tables })
