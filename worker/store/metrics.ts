import { and, asc, count, eq, gte, isNotNull, lt, sql } from 'drizzle-orm'
import { experimentAssignment, experimentRollup } from '../../schema/tables.ts'
import type { DayCounts } from '../experiments/day-counts.ts'
import type { Database } from './database.ts'

const sum = (
  column: (typeof experimentRollup)[
    | 'assignments'
    | 'exposures'
    | 'exposedUsers'
    | 'conversions'
    | 'clicks'],
) => sql<number>`sum(${column})`

/**
 * Reads the roll-ups of an experiment by day. `fromHour` is inclusive, `toHour` exclusive, both in hours since the epoch.
 * The cost grows with hours and variants, not with exposures.
 */
export const readDayCounts = (
  db: Database,
  experimentKey: string,
  fromHour: number | undefined,
  toHour: number | undefined,
): Promise<DayCounts[]> => {
  const { hour, variant, assignments, exposures, exposedUsers, conversions, clicks } =
    experimentRollup
  const day = sql<number>`${hour} / 24`
  return db
    .select({
      day,
      variant,
      assignments: sum(assignments),
      exposures: sum(exposures),
      exposedUsers: sum(exposedUsers),
      conversions: sum(conversions),
      clicks: sum(clicks),
    })
    .from(experimentRollup)
    .where(
      and(
        eq(experimentRollup.experimentKey, experimentKey),
        fromHour === undefined ? undefined : gte(hour, fromHour),
        toHour === undefined ? undefined : lt(hour, toHour),
      ),
    )
    .groupBy(day, variant)
    .orderBy(asc(day), asc(variant))
}

const HOUR_MS = 3_600_000

/** Counts users with a conflict, who are left out, by the hour of their assignment. */
export const countConflicts = async (
  db: Database,
  key: string,
  fromHour: number | undefined,
  toHour: number | undefined,
): Promise<number> => {
  const { experimentKey, assignedAt, conflict } = experimentAssignment
  const [row] = await db
    .select({ count: count() })
    .from(experimentAssignment)
    .where(
      and(
        eq(experimentKey, key),
        isNotNull(conflict),
        fromHour === undefined ? undefined : gte(assignedAt, new Date(fromHour * HOUR_MS)),
        toHour === undefined ? undefined : lt(assignedAt, new Date(toHour * HOUR_MS)),
      ),
    )
  return row?.count ?? 0
}
