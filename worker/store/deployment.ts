import { deployment } from '../../schema/tables.ts'
import type { Database } from './database.ts'

const readOwner = async (db: Database): Promise<string | undefined> => {
  const [row] = await db.select({ publisher: deployment.publisher }).from(deployment)
  return row?.publisher
}

/**
 * Claims a database that no deployment owns, and returns the owner. Two deployments that claim it at once get the same
 * answer, because the first row stays.
 */
export const claimDatabase = async (db: Database, publisher: string, at: Date): Promise<string> => {
  const owner = await readOwner(db)
  if (owner !== undefined) return owner
  await db.insert(deployment).values({ id: 1, publisher, claimedAt: at }).onConflictDoNothing()
  return (await readOwner(db)) ?? publisher
}

/** Lets the next deployment that runs claim the database. */
export const releaseDatabase = async (db: Database): Promise<void> => {
  await db.delete(deployment)
}
