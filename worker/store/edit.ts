import { lt, sql } from 'drizzle-orm'
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

/** The next snapshot version, if the statement before it in the transaction hit anything. */
export const nextVersion = (db: Database, at: Date, least = 0) =>
  db
    .update(snapshotState)
    .set({ version: sql`max(${snapshotState.version} + 1, ${least})`, updatedAt: at })
    .where(sql`changes() > 0`)

/**
 * What follows a change in its transaction, if that hit a row: the audit row, and the next snapshot version, which it
 * answers. `changes()` is the count of the statement before it, so each statement hands the answer on.
 *
 * @param least the snapshot version becomes this one at least
 */
export const recordEdit = (db: Database, editor: Editor, audit: AuditRow, least = 0) =>
  [
    db.insert(adminAction).select(sql`
      SELECT NULL, ${editor.at.getTime()}, ${editor.actor}, ${audit.action}, ${audit.target},
             ${json(audit.before)}, ${json(audit.after)}, ${editor.comment ?? null}
      WHERE changes() = 1`),
    nextVersion(db, editor.at, least),
    db
      .select({ version: snapshotState.version })
      .from(snapshotState)
      .where(sql`changes() = 1`),
  ] as const

/**
 * Commits one edit as one transaction: the change, its audit row, and the next snapshot version, the last two only
 * if the change hit a row.
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
  const [, , , [bumped]] = await db.batch([change, ...recordEdit(db, editor, audit)])
  return bumped?.version ?? null
}

/** Lifts the snapshot version to this one, if it is lower; tells whether it was. */
export const raiseSnapshotVersion = async (
  db: Database,
  least: number,
  at: Date,
): Promise<boolean> => {
  const { meta } = await db
    .update(snapshotState)
    .set({ version: least, updatedAt: at })
    .where(lt(snapshotState.version, least))
  return meta.changes === 1
}

/**
 * A state of D1: the snapshot version of its last edit, and when that was, in epoch milliseconds. The same version of
 * another time is another state: D1 was restored in between, and edited again.
 */
export type DatabaseState = { readonly version: number; readonly changedAt: number }

/** The columns of a `DatabaseState`. */
export const stateColumns = {
  version: snapshotState.version,
  changedAt: sql<number>`${snapshotState.updatedAt}`,
}

/** The state of a database in which nothing was ever edited. */
export const UNEDITED: DatabaseState = { version: 0, changedAt: 0 }

export const readDatabaseState = async (db: Database): Promise<DatabaseState> => {
  const [state] = await db.select(stateColumns).from(snapshotState)
  return state ?? UNEDITED
}

/** The snapshot version of the last edit. */
export const readSnapshotVersion = async (db: Database): Promise<number> =>
  (await readDatabaseState(db)).version
