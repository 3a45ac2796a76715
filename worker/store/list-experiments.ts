import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { ListedStatus, type ExperimentQuery } from '../../schema/experiment-list.ts'
import type { Experiment } from '../../schema/experiment.ts'
import { experiment } from '../../schema/tables.ts'
import { addHistory } from '../experiments/add-history.ts'
import type { Database } from './database.ts'
import { toExperiment } from './experiment-row.ts'
import { hasWords } from './has-words.ts'
import { readHistories } from './history.ts'
import { readJson } from './read-json.ts'

/** The place of an experiment in a list. The rank is 0 in a list by key. */
export type ListPosition = { readonly rank: number; readonly key: string }

export type ExperimentFilter = Pick<ExperimentQuery, 'search' | 'status' | 'owner' | 'sort'>

const RANKS = ListedStatus.options

/** The rank of a status. The edge starts and stops an experiment by the clock, so the list does too. */
const selectRank = (now: number) => sql<number>`CASE
  WHEN archived_at IS NOT NULL THEN ${RANKS.indexOf('ARCHIVED')}
  WHEN status = 'STOPPED' OR (status = 'RUNNING' AND stop_at <= ${now}) THEN ${RANKS.indexOf('STOPPED')}
  WHEN status = 'DRAFT' THEN ${RANKS.indexOf('DRAFT')}
  WHEN status = 'PAUSED' THEN ${RANKS.indexOf('PAUSED')}
  WHEN start_at > ${now} THEN ${RANKS.indexOf('SCHEDULED')}
  ELSE ${RANKS.indexOf('RUNNING')} END`

/** The texts of an experiment that a search looks at. */
const TEXT = sql`
  key || ' ' || coalesce(description, '') || ' ' || coalesce(owner, '') || ' ' || coalesce((
    SELECT group_concat(value ->> 'name', ' ') FROM json_each(${readJson('variants', '[]')})), '')`

/** Lists experiments from the position after `after`. Archived ones only when they are asked for. */
export const listExperiments = async (
  db: Database,
  { search = '', status, owner, sort }: ExperimentFilter,
  after: ListPosition | undefined,
  limit: number,
  now: Date,
): Promise<{ readonly experiment: Experiment; readonly rank: number }[]> => {
  const rank = selectRank(now.getTime())
  // SQLite would take a plain 0 for the number of a column.
  const place = sort === 'key' ? sql<number>`(0 + 0)` : rank
  const rows = await db
    .select({ row: experiment, rank: place })
    .from(experiment)
    .where(
      and(
        status === 'ARCHIVED' ? undefined : isNull(experiment.archivedAt),
        status && sql`${rank} = ${RANKS.indexOf(status)}`,
        owner === undefined ? undefined : eq(experiment.owner, owner),
        ...hasWords(search, TEXT),
        after && sql`(${place}, ${experiment.key}) > (${after.rank}, ${after.key})`,
      ),
    )
    .orderBy(asc(place), asc(experiment.key))
    .limit(limit)
  const keys = rows.map(({ row }) => row.key)
  const histories = await readHistories(db, keys)
  return rows.map(({ row, rank: placed }) => ({
    experiment: addHistory(toExperiment(row), histories.get(row.key) ?? []),
    rank: placed,
  }))
}
