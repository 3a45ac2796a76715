import { and, eq, sql } from 'drizzle-orm'
import { SERVICE_ACTORS } from '../../schema/actor.ts'
import { breakGlass, featureFlag } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { recordEdit } from './edit.ts'
import { getFlag } from './flags.ts'
import { insertIf } from './insert-if.ts'

/** An order to switch a flag off, as the Publisher took it. */
export type SwitchOffOrder = {
  readonly id: string
  readonly key: string
  /** When it was given, in epoch milliseconds. */
  readonly at: number
  readonly comment: string
}

/** Who gave it: it takes the secret, which is nobody's in particular. */
const ACTOR = SERVICE_ACTORS.secret

/** In each round of a race one edit wins; whoever asks comes back. */
const ATTEMPTS = 25

const isTakenOver = async (db: Database, id: string): Promise<boolean> => {
  const [row] = await db.select({ id: breakGlass.id }).from(breakGlass).where(eq(breakGlass.id, id))
  return row !== undefined
}

/**
 * Brings into D1 what the Publisher did without it: the flag is off, the audit has one row, which says when that was
 * so. The id is claimed in the same transaction, so an order that D1 has taken over, whether or not its answer
 * arrived, is never carried out again: what an admin has edited since stands. A flag that is off by now, or gone, is
 * no change, and leaves no row in the audit.
 *
 * @param least the snapshot version becomes this one at least
 * @returns whether it changed something, now
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
