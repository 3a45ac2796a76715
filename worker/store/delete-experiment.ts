import { eq, sql } from 'drizzle-orm'
import { deletedExperiment } from '../../schema/deleted-experiment.ts'
import {
  experimentAssignment,
  experimentExposure,
  experimentHistory,
  experimentInheritance,
  experimentRollup,
} from '../../schema/tables.ts'
import { experimentExclusion } from '../../schema/tables-people.ts'
import { openDatabase, type Database } from './database.ts'

/** Why a key is refused. */
export const KEY_WAS_DELETED =
  'an experiment of this key ran and was deleted, and its users still have its variants: choose another key'

/** Whether an experiment of this key was deleted after a launch. Its participants still have its variants. */
export const wasDeleted = async (db: Database, key: string): Promise<boolean> =>
  (await db.select().from(deletedExperiment).where(eq(deletedExperiment.key, key))).length > 0

/** The keys of all experiments that were deleted after a launch. */
export const deletedKeys = async (db: Database): Promise<ReadonlySet<string>> =>
  new Set((await db.select().from(deletedExperiment)).map(({ key }) => key))

/**
 * The statements that go with the deletion of an experiment that ran. The first writes only if the statement before it
 * changed a row, the others only once the experiment is gone.
 */
export const deleteResults = (db: Database, key: string, at: Date) => {
  const isGone = sql`NOT EXISTS (SELECT 1 FROM experiment AS kept WHERE kept.key = ${key})`
  return [
    db
      .insert(deletedExperiment)
      .select(sql`SELECT ${key}, ${at.getTime()} WHERE changes() = 1`)
      .onConflictDoNothing(),
    ...[experimentHistory, experimentRollup, experimentInheritance, experimentExclusion].map(
      (table) => db.delete(table).where(sql`${table.experimentKey} = ${key} AND ${isGone}`),
    ),
  ]
}

/** Users in one transaction: it takes tens of milliseconds, and edits can run between two of them. */
export const PURGE_USERS = 500
/** Transactions in one call. */
const CHUNKS = 10

/** Deletes the assignments and exposures of one slice of users; returns how many assignments. */
const purgeSlice = async (db: Database, key: string): Promise<number> => {
  const { experimentKey, userId } = experimentAssignment
  const users = sql`(
    SELECT ${userId} FROM ${experimentAssignment} WHERE ${experimentKey} = ${key}
    ORDER BY ${userId} LIMIT ${PURGE_USERS})`
  const [, deleted] = await db.batch([
    db
      .delete(experimentExposure)
      .where(
        sql`${experimentExposure.experimentKey} = ${key} AND ${experimentExposure.userId} IN ${users}`,
      ),
    db.delete(experimentAssignment).where(sql`${experimentKey} = ${key} AND ${userId} IN ${users}`),
    db.delete(experimentRollup).where(eq(experimentRollup.experimentKey, key)),
  ])
  return deleted.meta.changes
}

/**
 * Deletes the rows of users of deleted experiments, a bounded number at a time; the next minute continues. Rows may also
 * arrive after the deletion, from outboxes.
 */
export const purgeDeletedExperiments = async (env: { readonly DB: D1Database }): Promise<void> => {
  const db = openDatabase(env.DB)
  const keys = await db
    .select({ key: deletedExperiment.key })
    .from(deletedExperiment)
    .where(
      sql`EXISTS (SELECT 1 FROM ${experimentAssignment} WHERE ${experimentAssignment.experimentKey} = ${deletedExperiment.key})`,
    )
  let users = 0
  let chunks = CHUNKS
  for (const { key } of keys)
    while (chunks-- > 0) {
      const deleted = await purgeSlice(db, key)
      users += deleted
      if (deleted < PURGE_USERS) break
    }
  if (users > 0) console.log({ event: 'experiment.rows_deleted', users })
}
