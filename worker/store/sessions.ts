import { and, eq, gt, isNull, lte } from 'drizzle-orm'
import { apiKey, session } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { tokenColumns } from './keys.ts'

type NewSession = {
  readonly hash: string
  readonly tokenHash: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Opens a session, and deletes expired ones. */
export const openSession = async (db: Database, opened: NewSession): Promise<void> => {
  await db.batch([
    db.delete(session).where(lte(session.expiresAt, opened.createdAt)),
    db.insert(session).values(opened),
  ])
}

export const closeSession = async (db: Database, hash: string): Promise<void> => {
  await db.delete(session).where(eq(session.hash, hash))
}

/** Finds an open session with the current state of its token; the token is null if it is no key or revoked. */
export const findSession = async (db: Database, hash: string, now: Date) => {
  const [row] = await db
    .select({
      hash: session.hash,
      tokenHash: session.tokenHash,
      token: tokenColumns,
    })
    .from(session)
    .leftJoin(apiKey, and(eq(apiKey.hash, session.tokenHash), isNull(apiKey.revokedAt)))
    .where(and(eq(session.hash, hash), gt(session.expiresAt, now)))
  return row
}
