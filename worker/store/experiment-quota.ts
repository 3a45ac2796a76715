import { sql } from 'drizzle-orm'
import { MAX_EXPERIMENTS, MAX_LISTED_EXPERIMENTS } from '../../schema/limits.ts'
import { experiment } from '../../schema/tables.ts'
import type { Database } from './database.ts'

const openCount = sql`(SELECT count(*) FROM ${experiment} WHERE status <> 'STOPPED')`
const listedCount = sql`(SELECT count(*) FROM ${experiment} WHERE archived_at IS NULL)`
const draftCount = sql`(SELECT count(*) FROM ${experiment} WHERE status = 'DRAFT')`

/** How many experiments an edit adds. Either may be negative. */
export type ExperimentGrowth = { readonly open: number; readonly listed: number }

/**
 * Whether an edit stays within the limits. Stopped experiments do not count against those that run. Each commit has this
 * guard, so that two edits cannot exceed a limit together.
 */
export const fitsExperimentQuota = ({ open, listed }: ExperimentGrowth) => sql`
  (${open} <= 0 OR ${openCount} + ${open} <= ${MAX_EXPERIMENTS})
  AND (${listed} <= 0 OR ${listedCount} + ${listed} <= ${MAX_LISTED_EXPERIMENTS})`

type Counts = { readonly open: number; readonly listed: number; readonly drafts: number }

const describeMore = (count: number) => (count > 1 ? `, and this adds ${count}` : '')

const describeRoom = (counts: Counts, { open, listed }: ExperimentGrowth) => {
  if (open > 0 && counts.open + open > MAX_EXPERIMENTS)
    return `${counts.open} experiments are not stopped${describeMore(open)}; the limit is ${MAX_EXPERIMENTS}: ${counts.drafts > 0 ? 'delete drafts, or ' : ''}stop experiments that have their answer`
  if (listed > 0 && counts.listed + listed > MAX_LISTED_EXPERIMENTS)
    return `${counts.listed} experiments are not archived${describeMore(listed)}; the limit is ${MAX_LISTED_EXPERIMENTS}: archive stopped ones first`
  return undefined
}

/** How many more experiments that are not stopped fit the limits. */
export const countExperimentRoom = async (db: Database): Promise<number> => {
  const [room] = await db.all<{ room: number }>(sql`
    SELECT min(${MAX_EXPERIMENTS} - ${openCount}, ${MAX_LISTED_EXPERIMENTS} - ${listedCount}) AS room`)
  return room?.room ?? 0
}

/** Why more experiments exceed a limit, and what helps; undefined if they do not. */
export const findExperimentQuotaProblem = async (
  db: Database,
  added: ExperimentGrowth,
): Promise<string | undefined> => {
  // An edit that adds nothing always fits: a stop must always work.
  if (added.open <= 0 && added.listed <= 0) return undefined
  const [counts] = await db.all<Counts>(
    sql`SELECT ${openCount} AS open, ${listedCount} AS listed, ${draftCount} AS drafts`,
  )
  return counts && describeRoom(counts, added)
}
