import { sql, type SQL } from 'drizzle-orm'
import { adminAction } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/**
 * The last version of a deleted flag or experiment; 0 if there never was one. A new one with the same key continues from
 * there, so that a version never means two states. The commit checks it again, because the key may have been created and
 * deleted meanwhile.
 */
export const selectLastVersion = (target: string | SQL) => sql`
  ifnull((SELECT max(before ->> '$.version') FROM ${adminAction} WHERE target = ${target}), 0)`

export const readLastVersion = async (db: Database, target: string): Promise<number> => {
  const [row] = await db.all<{ last: number }>(sql`SELECT ${selectLastVersion(target)} AS last`)
  return row?.last ?? 0
}
