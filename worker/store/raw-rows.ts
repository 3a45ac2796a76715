import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { RawRow } from '../../schema/raw-rows.ts'
import { adminAction, experimentAssignment } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import { selectFirstCountedPhase } from './history.ts'

/** Users in memory at a time. A request may send D1 1,000 queries, so a download may have 5 million users. */
export const RAW_PAGE = 5_000

/** Reads the users of an experiment after one of them, in the order of their ids. */
export const readRawPage = async (
  db: Database,
  key: string,
  after: string,
): Promise<readonly RawRow[]> => {
  const { experimentKey, userId } = experimentAssignment
  const isExcluded = sql<number>`EXISTS (
    SELECT 1 FROM experiment_exclusion AS list
    WHERE list.experiment_key = experiment_assignment.experiment_key
      AND list.user_id = experiment_assignment.user_id)`
  const isEarlier = sql<number>`${experimentAssignment.phase} < ${selectFirstCountedPhase(key)}`
  // The column counts those whose raw rows are deleted.
  const exposures = sql<number>`${experimentAssignment.exposures} + (
    SELECT count(*) FROM experiment_exposure AS seen
    WHERE seen.user_id = experiment_assignment.user_id
      AND seen.experiment_key = experiment_assignment.experiment_key)`
  const rows = await db
    .select({ row: experimentAssignment, exposures, isExcluded, isEarlier })
    .from(experimentAssignment)
    .where(and(eq(experimentKey, key), gt(userId, after)))
    .orderBy(asc(userId))
    .limit(RAW_PAGE)
  return rows.map(({ row, exposures: times, isExcluded: excluded, isEarlier: earlier }) => ({
    user: row.userId,
    variant: row.variant,
    phase: row.phase,
    assignedAt: row.assignedAt.toISOString(),
    firstExposedAt: row.firstExposedAt?.toISOString() ?? null,
    exposures: times,
    converted: row.converted > 0,
    clicks: row.clicks,
    isCounted: row.conflict === null && excluded === 0 && earlier === 0,
  }))
}

/** Writes to the audit that somebody reads the rows of users. No setting changes, so neither does the snapshot version. */
export const recordDownload = async (
  db: Database,
  key: string,
  { actor, at }: Editor,
  comment: string,
): Promise<void> => {
  await db.insert(adminAction).values({
    at,
    actor,
    action: 'experiment.download',
    target: `experiment:${key}`,
    before: null,
    after: null,
    comment,
  })
}
