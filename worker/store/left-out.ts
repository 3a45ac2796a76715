import { and, count, eq, isNull, sql } from 'drizzle-orm'
import { experimentAssignment } from '../../schema/tables.ts'
import { experimentExclusion } from '../../schema/tables-people.ts'
import type { DayRow } from '../experiments/phase-counts.ts'
import type { Database } from './database.ts'
import { isAssignedWithin } from './metrics.ts'

/* Assigned users whom the lists of an experiment leave out. No roll-up has them. */

/** Whether the experiment had counted the user before the user was left out. */
const wasCounted = sql`${experimentAssignment.firstExposedAt} <= ${experimentExclusion.at}`

/** Counts assigned users whom the lists leave out, by the time of their assignment; undefined if there are none. */
export const countLeftOut = async (
  db: Database,
  key: string,
  fromQuarter: number | undefined,
  toQuarter: number | undefined,
): Promise<
  { readonly testers: number; readonly list: number; readonly counted: number } | undefined
> => {
  const { experimentKey, userId, reason } = experimentExclusion
  const rows = await db
    .select({ reason, count: count(), counted: sql<number>`total(${wasCounted})` })
    .from(experimentExclusion)
    .innerJoin(
      experimentAssignment,
      and(
        eq(experimentAssignment.experimentKey, experimentKey),
        eq(experimentAssignment.userId, userId),
      ),
    )
    .where(
      and(
        eq(experimentKey, key),
        isNull(experimentAssignment.conflict),
        isAssignedWithin(key, fromQuarter, toQuarter),
      ),
    )
    .groupBy(reason)
  if (rows.length === 0) return undefined
  const find = (name: 'tester' | 'list') => rows.find((row) => row.reason === name)?.count ?? 0
  return {
    testers: find('tester'),
    list: find('list'),
    counted: rows.reduce((sum, { counted }) => sum + counted, 0),
  }
}

type Row = Omit<DayRow, 'matured'> & { readonly users: number; readonly conversionsOfUsers: number }

/**
 * Reads what the roll-ups would have of users who were left out after the experiment had counted them, in the shape of
 * `readDayCounts`. It has no exposures and no clicks, because no verdict depends on them.
 */
export const readLeftOutLater = async (
  db: Database,
  key: string,
  now: Date,
): Promise<readonly DayRow[]> => {
  const rows = await db.all<Row>(sql`
    WITH own AS (
      SELECT phase, variant, assigned_at, first_exposed_at, converted, at AS left_out_at,
             (first_exposed_at / 900000 + 1) * 900000 + 604800000 <= ${now.getTime()} AS is_mature
      FROM experiment_exclusion JOIN experiment_assignment USING (experiment_key, user_id)
      WHERE experiment_key = ${key} AND conflict IS NULL AND assigned_at <= at)
    SELECT assigned_at / 86400000 AS day, phase, variant, count(*) AS assignments, 0 AS exposures,
           0 AS exposedUsers, 0 AS conversions, 0 AS clicks, 0 AS users, 0 AS conversionsOfUsers
    FROM own GROUP BY 1, 2, 3
    UNION ALL
    SELECT first_exposed_at / 86400000, phase, variant, 0, 0, count(*), sum(converted), 0,
           sum(is_mature), sum(is_mature * converted)
    FROM own WHERE first_exposed_at <= left_out_at GROUP BY 1, 2, 3
    ORDER BY 1`)
  return rows.map(({ users, conversionsOfUsers, ...row }) => ({
    ...row,
    matured: { exposedUsers: users, conversions: conversionsOfUsers },
  }))
}
