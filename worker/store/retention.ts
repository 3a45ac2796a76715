import { sql, type SQL } from 'drizzle-orm'
import { event, experimentAssignment, experimentExposure } from '../../schema/tables.ts'
import { LATE_DAYS } from '../experiments/history.ts'
import { raiseAlarm } from '../lib/raise-alarm.ts'
import { openDatabase, type Database } from './database.ts'

type Bindings = { readonly DB: D1Database; readonly RETENTION_DAYS?: string }

const DAY_MS = 86_400_000

/**
 * Rows that are within this of their deletion are not accepted any more: they can wait in an outbox while D1 is down,
 * and a repeated row is counted again once the first has been deleted.
 */
const GRACE_DAYS = LATE_DAYS
/** A booking counts for 7 days after an exposure, and the grace period must leave time for it. */
export const LEAST_DAYS = 2 * GRACE_DAYS

/** Days for which raw exposures and events are kept; null for ever, also when the setting cannot be read. */
export const getRetentionDays = ({ RETENTION_DAYS }: Pick<Bindings, 'RETENTION_DAYS'>) => {
  const days = Number(RETENTION_DAYS)
  return Number.isInteger(days) && days >= LEAST_DAYS ? days : null
}

/** The oldest instant of which exposures and events are accepted, in epoch milliseconds. */
export const oldestAccepted = (env: Pick<Bindings, 'RETENTION_DAYS'>, now: number): number => {
  const days = getRetentionDays(env)
  return days === null ? Number.NEGATIVE_INFINITY : now - (days - GRACE_DAYS) * DAY_MS
}

/** Rows in one statement: it takes tens of milliseconds, and edits can run between two of them. */
export const CHUNK_ROWS = 1_000
/** Statements for each table in one call: 14 million rows a day with one call a minute. */
const CHUNKS = 10

const EXPOSURE_KEY = sql.raw('user_id, experiment_key, id')
const EVENT_KEY = sql.raw('user_id, id')

const selectOldest = (table: typeof experimentExposure | typeof event, key: SQL, before: number) =>
  sql`SELECT ${key} FROM ${table} WHERE at < ${before} ORDER BY at, ${key} LIMIT ${CHUNK_ROWS}`

/** The assignment keeps the number of its exposures that are deleted. */
const deleteExposures = async (db: Database, before: number): Promise<number> => {
  const oldest = selectOldest(experimentExposure, EXPOSURE_KEY, before)
  const [, { meta }] = await db.batch([
    db
      .update(experimentAssignment)
      .set({ exposures: sql`${experimentAssignment.exposures} + gone.times` })
      .from(
        sql`(SELECT user_id, experiment_key, count(*) AS times FROM (${oldest}) GROUP BY 1, 2) AS gone`,
      )
      .where(
        sql`${experimentAssignment.userId} = gone.user_id
          AND ${experimentAssignment.experimentKey} = gone.experiment_key`,
      ),
    db.delete(experimentExposure).where(sql`(${EXPOSURE_KEY}) IN (${oldest})`),
  ])
  return meta.changes
}

const deleteEvents = async (db: Database, before: number): Promise<number> => {
  const oldest = selectOldest(event, EVENT_KEY, before)
  return (await db.delete(event).where(sql`(${EVENT_KEY}) IN (${oldest})`)).meta.changes
}

/**
 * Deletes exposures and events that are older than `before`, oldest first, and returns how many. No trigger runs on a
 * deletion, so roll-ups stay.
 */
const deleteRawRows = async (db: Database, before: number): Promise<number> => {
  let deleted = 0
  for (const deleteChunk of [deleteExposures, deleteEvents])
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const changes = await deleteChunk(db, before)
      deleted += changes
      if (changes < CHUNK_ROWS) break
    }
  return deleted
}

/** Deletes raw rows older than the retention period, a bounded number at a time; the next minute continues. */
export const enforceRetention = async (env: Bindings, now: number): Promise<void> => {
  const days = getRetentionDays(env)
  const { RETENTION_DAYS = '' } = env
  if (days === null && RETENTION_DAYS !== '')
    raiseAlarm('alarm.retention_misconfigured', { RETENTION_DAYS, LEAST_DAYS })
  if (days === null) return
  const deleted = await deleteRawRows(openDatabase(env.DB), now - days * DAY_MS)
  if (deleted > 0) console.log({ event: 'retention.deleted', rows: deleted })
}
