import { lt, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { AuditAction } from '../../schema/audit.ts'
import { adminAction, snapshotState } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/** The actor, time and reason of an edit. */
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

/** Increases the snapshot version, if the statement before it in the transaction changed a row. */
export const nextVersion = (db: Database, at: Date, least = 0) =>
  db
    .update(snapshotState)
    .set({ version: sql`max(${snapshotState.version} + 1, ${least})`, updatedAt: at })
    .where(sql`changes() > 0`)

/**
 * The statements after a change in its transaction: the audit row, the next snapshot version, and a read of it. They do
 * nothing if the change hit no row: `changes()` counts the rows of the statement before, so each passes it on.
 *
 * @param least the snapshot version becomes at least this
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
 * Commits an edit as one transaction: the change, then its audit row and the next snapshot version if the change hit a row.
 *
 * @param change one INSERT, UPDATE or DELETE of one row, or of none if its guard no longer holds
 * @param more statements that go with the change; each writes only `WHERE changes() = 1`, and one row then
 * @returns the snapshot version in which the edit takes effect; null if the guard no longer held
 */
export const commitEdit = async (
  db: Database,
  change: BatchItem<'sqlite'>,
  editor: Editor,
  audit: AuditRow,
  more: readonly BatchItem<'sqlite'>[] = [],
): Promise<number | null> => {
  const [, , , [bumped]] = await db.batch([change, ...recordEdit(db, editor, audit), ...more])
  return bumped?.version ?? null
}

/** Raises the snapshot version to `least` if it is lower; returns whether it was. */
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
 * A state of D1: the snapshot version of its last edit, and the time of that edit in epoch milliseconds. The same version
 * with another time is another state: D1 was restored and edited again.
 */
export type DatabaseState = { readonly version: number; readonly changedAt: number }

/** The columns of a `DatabaseState`. */
export const stateColumns = {
  version: snapshotState.version,
  changedAt: sql<number>`${snapshotState.updatedAt}`,
}

/** The state of a database without edits. */
export const UNEDITED: DatabaseState = { version: 0, changedAt: 0 }

export const readDatabaseState = async (db: Database): Promise<DatabaseState> => {
  const [state] = await db.select(stateColumns).from(snapshotState)
  return state ?? UNEDITED
}

/** The snapshot version of the last edit. */
export const readSnapshotVersion = async (db: Database): Promise<number> =>
  (await readDatabaseState(db)).version
