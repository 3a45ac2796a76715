import { and, eq, isNotNull, sql, type AnyColumn } from 'drizzle-orm'
import * as z from 'zod'
import {
  event,
  experimentAssignment,
  experimentExposure,
  experimentInheritance,
  experimentRollup,
  snapshotState,
} from '../../schema/tables.ts'
import { experimentExclusion } from '../../schema/tables-people.ts'
import type { Database } from './database.ts'
import { nextVersion } from './edit.ts'
import { selectKnownPhase, selectPhaseAt, selectPhaseOfUser } from './history.ts'

/** A user's state in an experiment of which the anonymous id had a variant. */
export const MergedAssignment = z.object({
  experimentKey: z.string(),
  variant: z.string(),
  /** The other variant that the anonymous person had; null when it was the same. */
  conflict: z.string().nullable(),
  /** The phase of the user's assignment. Absent in merges from before phases. */
  phase: z.int().optional(),
  /** When the user got the variant. Absent: at the merge, or D1 has the assignment. */
  at: z.number().optional(),
})
export type MergedAssignment = z.infer<typeof MergedAssignment>

/** One person, known by two ids until now. It waits as JSON in the outbox of a participant object. */
export const Merge = z.object({
  anonymousId: z.string(),
  userId: z.string(),
  /** Put before ids of rows: what was the one's own is then the other's own. */
  prefix: z.string(),
  at: z.number(),
  experiments: z.array(MergedAssignment).readonly(),
})
export type Merge = z.infer<typeof Merge>

/**
 * Notes in which experiments the bucket does not tell any more what everybody has; that is in the next snapshot.
 *
 * @returns the snapshot version that says so, or the last one when all of it was known
 */
export const markUncertainBuckets = async (
  db: Database,
  experimentKeys: readonly string[],
  at: Date,
): Promise<number> => {
  const keys = sql`(SELECT value FROM json_each(${JSON.stringify(experimentKeys)}))`
  const [, , [state]] = await db.batch([
    db
      .insert(experimentInheritance)
      .select(sql`SELECT key, ${at.getTime()} FROM experiment WHERE key IN ${keys}`)
      .onConflictDoNothing(),
    nextVersion(db, at),
    db.select({ version: snapshotState.version }).from(snapshotState),
  ])
  return state?.version ?? 0
}

/** Whether a roll-up is that of a row of `own`, in a quarter of it. */
const matchesRollup = (quarter: string) => sql`
  ${experimentRollup.experimentKey} = own.experiment_key AND ${experimentRollup.quarter} = ${sql.raw(quarter)}
  AND ${experimentRollup.phase} = own.phase AND ${experimentRollup.variant} = own.variant`

/** Selects the events of a user that count for an assignment, after its first exposure and until the experiment is over. */
const selectCounted = (columns: string, userId: string, type: string) => sql`
  SELECT ${sql.raw(columns)} FROM event WHERE event.user_id = ${userId} AND event.type = ${type}
    AND event.at + event.span_ms > first_exposed_at AND event.at <= coalesce((
      SELECT stop_at + 604800000 FROM experiment
      WHERE key = ${experimentAssignment.experimentKey} AND status = 'STOPPED'), event.at)`

/**
 * Makes two ids one person in D1, in one transaction: the anonymous rows become the user's, and the roll-ups count
 * one person, exposed when the first of the two was, who did what either did. In an experiment with a conflict they
 * count nowhere. Idempotent: what is the user's already is not there any more to be moved.
 */
export const mergeParticipants = async (
  db: Database,
  { anonymousId, userId, prefix, at, experiments }: Merge,
): Promise<void> => {
  const each = sql`json_each(${JSON.stringify(experiments)})`
  const keys = sql`(SELECT value ->> 'experimentKey' FROM ${each})`
  const { experimentKey, conflict } = experimentAssignment
  const { assignments, exposures, exposedUsers, conversions, clicks } = experimentRollup
  const isMine = eq(experimentAssignment.userId, userId)
  const theirs = sql`(
    SELECT *, assigned_at / 900000 AS assigned_quarter, first_exposed_at / 900000 AS exposed_quarter
    FROM experiment_assignment WHERE user_id = ${anonymousId} AND experiment_key IN ${keys}) AS own`
  const isCounted = sql`own.experiment_key NOT IN (
    SELECT experiment_key FROM experiment_exclusion WHERE user_id = ${anonymousId})`
  const uncounted = sql`(
    SELECT experiment_key, variant, phase, at / 900000 AS quarter, count(*) AS times
    FROM experiment_exposure AS seen
    WHERE user_id = ${anonymousId} AND experiment_key IN (
      SELECT experiment_key FROM experiment_assignment
      WHERE user_id = ${userId} AND experiment_key IN ${keys} AND conflict IS NOT NULL
      UNION SELECT experiment_key FROM experiment_exclusion
      WHERE user_id = ${userId} AND experiment_key IN ${keys})
    GROUP BY 1, 2, 3, 4) AS own`
  const isFirst = sql`${experimentAssignment.firstExposedAt} <= own.first_exposed_at`
  const renamed = (id: AnyColumn) => sql`${prefix} || ${id}`
  const key = sql`value ->> 'experimentKey'`
  const assignedAt = sql`coalesce(value ->> 'at', ${at})`
  const phase = sql`CASE WHEN value ->> 'phase' IS NULL
    THEN coalesce(${selectPhaseOfUser(key, sql`${anonymousId}`)}, ${selectPhaseAt(key, sql`${at}`)})
    ELSE ${selectKnownPhase(key, sql`value ->> 'phase'`, assignedAt)} END`

  await db.batch([
    // Where one of the two is left out, the person is, for good. What the user counted goes off: by trigger.
    db
      .insert(experimentExclusion)
      .select(
        sql`SELECT experiment_key, ${userId}, reason, 1, ${at} FROM experiment_exclusion
          WHERE user_id = ${anonymousId}`,
      )
      .onConflictDoUpdate({
        target: [experimentExclusion.experimentKey, experimentExclusion.userId],
        set: { isKept: true },
      }),
    // The user's assignments, in case that the user's object has not sent them yet.
    db
      .insert(experimentAssignment)
      .select(
        sql`SELECT ${key}, ${userId}, value ->> 'variant', ${assignedAt}, 0, NULL, 0, 0, NULL, ${phase}
          FROM ${each} WHERE true`,
      )
      .onConflictDoNothing(),
    // A conflict takes off what the user counted: by trigger.
    db
      .update(experimentAssignment)
      .set({ conflict: sql`found.value ->> 'conflict'` })
      .from(sql`${each} AS found`)
      .where(
        sql`${isMine} AND ${experimentKey} = found.value ->> 'experimentKey'
          AND found.value ->> 'conflict' IS NOT NULL AND ${conflict} IS NULL`,
      ),
    // What the anonymous person counted goes off the roll-ups,
    db
      .update(experimentRollup)
      .set({ assignments: sql`${assignments} - 1` })
      .from(theirs)
      .where(and(matchesRollup('own.assigned_quarter'), isCounted)),
    db
      .update(experimentRollup)
      .set({
        exposedUsers: sql`${exposedUsers} - 1`,
        conversions: sql`${conversions} - own.converted`,
        clicks: sql`${clicks} - own.clicks`,
      })
      .from(theirs)
      .where(and(matchesRollup('own.exposed_quarter'), isCounted)),
    db
      .update(experimentRollup)
      .set({ exposures: sql`${exposures} - own.times` })
      .from(uncounted)
      .where(and(matchesRollup('own.quarter'), isCounted)),
    // and on again as the user's: the earlier first exposure counts, with what became of it.
    db
      .update(experimentAssignment)
      .set({
        exposures: sql`${experimentAssignment.exposures} + own.exposures`,
        converted: sql`iif(${isFirst}, ${experimentAssignment.converted}, own.converted)`,
        clicks: sql`iif(${isFirst}, ${experimentAssignment.clicks}, own.clicks)`,
        firstExposedAt: sql`iif(${isFirst}, ${experimentAssignment.firstExposedAt}, own.first_exposed_at)`,
      })
      .from(theirs)
      .where(
        sql`${isMine} AND ${experimentKey} = own.experiment_key AND own.first_exposed_at IS NOT NULL`,
      ),
    db
      .delete(experimentAssignment)
      .where(sql`${experimentAssignment.userId} = ${anonymousId} AND ${experimentKey} IN ${keys}`),
    // No trigger follows these two. One that the user has already by that name came twice, and stays behind.
    db
      .update(experimentExposure)
      .set({ userId, id: renamed(experimentExposure.id) })
      .where(
        sql`${experimentExposure.userId} = ${anonymousId} AND ${experimentExposure.experimentKey} IN ${keys}
          AND NOT EXISTS (
            SELECT 1 FROM experiment_exposure AS there WHERE there.user_id = ${userId}
            AND there.experiment_key = ${experimentExposure.experimentKey}
            AND there.id = ${renamed(experimentExposure.id)})`,
      ),
    db
      .update(event)
      .set({ userId, id: renamed(event.id) })
      .where(
        sql`${event.userId} = ${anonymousId} AND NOT EXISTS (
          SELECT 1 FROM event AS there
          WHERE there.user_id = ${userId} AND there.id = ${renamed(event.id)})`,
      ),
    // What either did may have become of what the other saw. Raw rows may be gone (retention): nothing is taken back.
    db
      .update(experimentAssignment)
      .set({
        converted: sql`max(${experimentAssignment.converted}, EXISTS (
          ${selectCounted('1', userId, 'booking.confirmed')} AND event.at <= first_exposed_at + 604800000))`,
        clicks: sql`max(${experimentAssignment.clicks}, (
          ${selectCounted('count(*)', userId, 'event.viewed')}))`,
      })
      .where(and(isMine, isNotNull(experimentAssignment.firstExposedAt))),
    db
      .delete(experimentRollup)
      .where(
        and(
          sql`${experimentRollup.experimentKey} IN ${keys}`,
          ...[assignments, exposures, exposedUsers, conversions, clicks].map((count) =>
            eq(count, 0),
          ),
        ),
      ),
  ])
}
