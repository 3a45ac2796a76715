import { eq, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { AuditAction } from '../../schema/audit.ts'
import { adminAction, snapshotState } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/** Who edits, when and why. */
export type Editor = {
  readonly actor: string
  readonly at: Date
  readonly comment: string | undefined
}

type AuditRow = {
  readonly action: AuditAction
  readonly target: string
  readonly before: object | null
  readonly after: object | null
}

const json = (value: object | null) => (value === null ? null : JSON.stringify(value))

/**
 * Commits one edit as one transaction: the change, its audit row, and the next snapshot version, the last two only
 * if the change hit a row. `changes()` is the count of the statement before it, so each statement hands the answer on.
 *
 * @param change one INSERT, UPDATE or DELETE that hits one row, or none when its guard no longer holds
 * @returns the snapshot version in which the edit takes effect; null when the guard no longer held
 */
export const commitEdit = async (
  db: Database,
  change: BatchItem<'sqlite'>,
  editor: Editor,
  audit: AuditRow,
): Promise<number | null> => {
  const [, , , [bumped]] = await db.batch([
    change,
    db.insert(adminAction).select(sql`
      SELECT NULL, ${editor.at.getTime()}, ${editor.actor}, ${audit.action}, ${audit.target},
             ${json(audit.before)}, ${json(audit.after)}, ${editor.comment ?? null}
      WHERE changes() = 1`),
    db
      .update(snapshotState)
      .set({ version: sql`${snapshotState.version} + 1`, updatedAt: editor.at })
      .where(sql`changes() = 1`),
    db
      .select({ version: snapshotState.version })
      .from(snapshotState)
      .where(sql`changes() = 1`),
  ])
  return bumped?.version ?? null
}

/** Takes the snapshot version from one to another, if it still is the one. */
export const moveSnapshotVersion = async (
  db: Database,
  from: number,
  to: number,
  at: Date,
): Promise<boolean> => {
  const { meta } = await db
    .update(snapshotState)
    .set({ version: to, updatedAt: at })
    .where(eq(snapshotState.version, from))
  return meta.changes === 1
}

/** The snapshot version of the last edit. */
export const readSnapshotVersion = async (db: Database): Promise<number> => {
  const [row] = await db.select({ version: snapshotState.version }).from(snapshotState)
  return row?.version ?? 0
}
