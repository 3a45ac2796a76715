import { and, eq, sql } from 'drizzle-orm'
import { SERVICE_ACTORS } from '../../schema/actor.ts'
import { breakGlass, featureFlag } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { recordEdit } from './edit.ts'
import { getFlag } from './flags.ts'
import { insertIf } from './insert-if.ts'

/** A break-glass order that the Publisher has carried out. */
export type SwitchOffOrder = {
  readonly id: string
  readonly key: string
  /** The time of the order, in epoch milliseconds. */
  readonly at: number
  readonly comment: string
}

/** The audit names the secret as the actor, because several people may share it. */
const ACTOR = SERVICE_ACTORS.secret

/** Other edits of the flag can make an attempt fail. One edit succeeds in each round. */
const ATTEMPTS = 25

const isTakenOver = async (db: Database, id: string): Promise<boolean> => {
  const [row] = await db.select({ id: breakGlass.id }).from(breakGlass).where(eq(breakGlass.id, id))
  return row !== undefined
}

/**
 * Carries out an order in D1: switches the flag off and adds an audit entry with the time of the order. The same
 * transaction stores the order's id, so a repeated call does nothing, and later edits stay. When the flag is off
 * already or deleted, only the id is stored.
 *
 * @param least the snapshot version becomes at least this
 * @returns whether this call switched the flag off
 */
export const applySwitchOff = async (
  db: Database,
  { id, key, at: instant, comment }: SwitchOffOrder,
  least: number,
): Promise<boolean> => {
  const at = new Date(instant)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await getFlag(db, key)
    if (await isTakenOver(db, id)) return false
    if (!before?.enabled) {
      await db.insert(breakGlass).values({ id, at }).onConflictDoNothing()
      return false
    }
    const { version } = before
    const after = { ...before, enabled: false, version: version + 1, updatedAt: at.toISOString() }
    const isAsRead = and(eq(featureFlag.key, key), eq(featureFlag.version, version))
    const [, , , , [bumped]] = await db.batch([
      insertIf(
        db,
        breakGlass,
        { id, at },
        sql`EXISTS (SELECT 1 FROM ${featureFlag} WHERE ${isAsRead})`,
      ),
      db
        .update(featureFlag)
        .set({ enabled: false, version: after.version, updatedAt: at })
        .where(and(eq(featureFlag.key, key), sql`changes() = 1`)),
      ...recordEdit(
        db,
        { actor: ACTOR, at, comment },
        { action: 'flag.break_glass', target: `flag:${key}`, before, after },
        least,
      ),
    ])
    if (bumped) return true
  }
  throw new Error('others keep editing the flag at the same time')
}
