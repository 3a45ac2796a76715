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
 * Reads the roll-ups of an experiment by day. `fromQuarter` is inclusive, `toQuarter` exclusive, both in quarters of an
 * hour since the epoch. The cost grows with quarters and variants, not with exposures.
 */
export const readDayCounts = (
  db: Database,
  experimentKey: string,
  fromQuarter: number | undefined,
  toQuarter: number | undefined,
): Promise<DayCounts[]> => {
  const { quarter, variant, assignments, exposures, exposedUsers, conversions, clicks } =
    experimentRollup
  const day = sql<number>`${quarter} / 96`
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
        fromQuarter === undefined ? undefined : gte(quarter, fromQuarter),
        toQuarter === undefined ? undefined : lt(quarter, toQuarter),
      ),
    )
    .groupBy(day, variant)
    .orderBy(asc(day), asc(variant))
}

const QUARTER_MS = 900_000

/** Counts users with a conflict, who are left out, by the time of their assignment. */
export const countConflicts = async (
  db: Database,
  key: string,
  fromQuarter: number | undefined,
  toQuarter: number | undefined,
): Promise<number> => {
  const { experimentKey, assignedAt, conflict } = experimentAssignment
  const [row] = await db
    .select({ count: count() })
    .from(experimentAssignment)
    .where(
      and(
        eq(experimentKey, key),
        isNotNull(conflict),
        fromQuarter === undefined ? undefined : gte(assignedAt, new Date(fromQuarter * QUARTER_MS)),
        toQuarter === undefined ? undefined : lt(assignedAt, new Date(toQuarter * QUARTER_MS)),
      ),
    )
  return row?.count ?? 0
}
