import { sql, type SQL } from 'drizzle-orm'
import { adminAction } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/**
 * The last version of something that was deleted, 0 of what never was. What is created again goes on counting there, so
 * that a version never means two states; and it asks again in the statement that commits, since meanwhile it may have
 * been created and deleted once more.
 */
export const selectLastVersion = (target: string | SQL) => sql`
  ifnull((SELECT max(before ->> '$.version') FROM ${adminAction} WHERE target = ${target}), 0)`

export const readLastVersion = async (db: Database, target: string): Promise<number> => {
  const [row] = await db.all<{ last: number }>(sql`SELECT ${selectLastVersion(target)} AS last`)
  return row?.last ?? 0
}
