import { sql } from 'drizzle-orm'
import { experiment, featureFlag } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/**
 * Whether a flag or an experiment has this key. This check is for a clear message; the primary keys and the triggers of
 * the migration `experiments` guarantee that a key is unique.
 */
export const isKeyTaken = async (db: Database, key: string): Promise<boolean> => {
  const [row] = await db.all<{ taken: number }>(sql`
    SELECT EXISTS (SELECT 1 FROM ${featureFlag} WHERE ${featureFlag.key} = ${key})
        OR EXISTS (SELECT 1 FROM ${experiment} WHERE ${experiment.key} = ${key}) AS taken`)
  return row?.taken === 1
}
