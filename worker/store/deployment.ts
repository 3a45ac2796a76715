import { deployment } from '../../schema/deployment-table.ts'
import { describeError } from '../lib/describe-error.ts'
import type { Database } from './database.ts'

const readOwner = async (db: Database): Promise<string | undefined> => {
  const [row] = await db.select({ publisher: deployment.publisher }).from(deployment)
  return row?.publisher
}

const claim = async (db: Database, publisher: string, at: Date): Promise<string> => {
  const owner = await readOwner(db)
  if (owner !== undefined) return owner
  await db.insert(deployment).values({ id: 1, publisher, claimedAt: at }).onConflictDoNothing()
  return (await readOwner(db)) ?? publisher
}

/**
 * Claims a database that no deployment owns, and returns the owner. Two deployments that claim it at once get the same
 * answer, because the first row stays. A database from before the table has no owner, until its migrations are applied.
 */
export const claimDatabase = async (db: Database, publisher: string, at: Date): Promise<string> => {
  try {
    return await claim(db, publisher, at)
  } catch (error) {
    if (describeError(error).includes('no such table: deployment')) return publisher
    throw error
  }
}

/** Lets the next deployment that runs claim the database. */
export const releaseDatabase = async (db: Database): Promise<void> => {
  await db.delete(deployment)
}
