import { and, asc, count, eq, gte, isNotNull, lt, sql } from 'drizzle-orm'
import { experimentAssignment, experimentRollup } from '../../schema/tables.ts'
import { WINDOW_DAYS, type DayRow } from '../experiments/phase-counts.ts'
import type { DayCounts } from '../experiments/day-counts.ts'
import type { ZoneDay } from '../experiments/zone-days.ts'
import type { Database } from './database.ts'
import { selectFirstCountedPhase } from './history.ts'

const sum = (
  column: (typeof experimentRollup)[
    | 'assignments'
    | 'exposures'
    | 'exposedUsers'
    | 'conversions'
    | 'clicks'],
) => sql<number>`sum(${column})`

const QUARTER_MS = 900_000
const WINDOW_MS = WINDOW_DAYS * 86_400_000

/**
 * Reads the roll-ups of an experiment by day and phase, with the users whose window is complete. `fromQuarter` is inclusive, `toQuarter` exclusive, both in quarters of an
 * hour since the epoch. The cost grows with quarters and variants, not with exposures.
 */
export const readDayCounts = async (
  db: Database,
  experimentKey: string,
  fromQuarter: number | undefined,
  toQuarter: number | undefined,
  now: Date,
): Promise<DayRow[]> => {
  const { quarter, phase, variant, assignments, exposures, exposedUsers, conversions, clicks } =
    experimentRollup
  const day = sql<number>`${quarter} / 96`
  const isMature = sql`(${quarter} + 1) * ${QUARTER_MS} + ${WINDOW_MS} <= ${now.getTime()}`
  const rows = await db
    .select({
      day,
      phase,
      variant,
      assignments: sum(assignments),
      exposures: sum(exposures),
      exposedUsers: sum(exposedUsers),
      conversions: sum(conversions),
      clicks: sum(clicks),
      matureUsers: sql<number>`sum(iif(${isMature}, ${exposedUsers}, 0))`,
      matureConversions: sql<number>`sum(iif(${isMature}, ${conversions}, 0))`,
    })
    .from(experimentRollup)
    .where(
      and(
        eq(experimentRollup.experimentKey, experimentKey),
        fromQuarter === undefined ? undefined : gte(quarter, fromQuarter),
        toQuarter === undefined ? undefined : lt(quarter, toQuarter),
      ),
    )
    .groupBy(day, phase, variant)
    .orderBy(asc(day), asc(phase), asc(variant))
  return rows.map(({ matureUsers, matureConversions, ...row }) => ({
    ...row,
    matured: { exposedUsers: matureUsers, conversions: matureConversions },
  }))
}

/** Whether an assignment counts since the last start-over, and was made within a range. */
export const isAssignedWithin = (
  key: string,
  fromQuarter: number | undefined,
  toQuarter: number | undefined,
) => {
  const { assignedAt, phase } = experimentAssignment
  return and(
    sql`${phase} >= ${selectFirstCountedPhase(key)}`,
    fromQuarter === undefined ? undefined : gte(assignedAt, new Date(fromQuarter * QUARTER_MS)),
    toQuarter === undefined ? undefined : lt(assignedAt, new Date(toQuarter * QUARTER_MS)),
  )
}

/**
 * Reads the roll-ups of an experiment by the days of a zone, all phases since the last start-over together. Each day is a
 * range of the primary key, so the cost grows as that of `readDayCounts`.
 */
export const readZoneDayCounts = async (
  db: Database,
  experimentKey: string,
  days: readonly ZoneDay[],
): Promise<(Omit<DayCounts, 'day'> & { readonly day: string })[]> => {
  const ranges = JSON.stringify(days.map(({ day, from, until }) => [day, from, until]))
  return db.all(sql`
    SELECT each.value ->> 0 AS day, variant, sum(assignments) AS assignments, sum(exposures) AS exposures,
           sum(exposed_users) AS exposedUsers, sum(conversions) AS conversions, sum(clicks) AS clicks
    FROM json_each(${ranges}) AS each CROSS JOIN experiment_rollup
    WHERE experiment_key = ${experimentKey} AND phase >= ${selectFirstCountedPhase(experimentKey)}
      AND quarter >= each.value ->> 1 AND quarter < each.value ->> 2
    GROUP BY each.key, variant
    ORDER BY each.key, variant`)
}

/** Counts users with a conflict, who are left out, by the time of their assignment. */
export const countConflicts = async (
  db: Database,
  key: string,
  fromQuarter: number | undefined,
  toQuarter: number | undefined,
): Promise<number> => {
  const { experimentKey, conflict } = experimentAssignment
  const [row] = await db
    .select({ count: count() })
    .from(experimentAssignment)
    .where(
      and(
        eq(experimentKey, key),
        isNotNull(conflict),
        isAssignedWithin(key, fromQuarter, toQuarter),
      ),
    )
  return row?.count ?? 0
}
