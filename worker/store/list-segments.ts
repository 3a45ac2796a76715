import { and, asc, gt, sql } from 'drizzle-orm'
import type { ListedSegment } from '../../schema/segment.ts'
import { segment } from '../../schema/tables-segment.ts'
import type { Database } from './database.ts'
import { hasWords } from './has-words.ts'
import { readJson } from './read-json.ts'
import { segmentUses } from './segment-use.ts'

/** The actor of the last edit: one step in the index on (target, id) for each segment. */
const lastActor = sql<string | null>`(
  SELECT actor FROM admin_action WHERE target = 'segment:' || segment.key ORDER BY id DESC LIMIT 1)`

const countItems = (column: string) =>
  sql<number>`coalesce(json_array_length(${readJson(column, '[]')}), 0)`

const TEXT = sql`segment.key || ' ' || coalesce(description, '')`

/** Lists segments in the order of their keys, from the one after `after`. */
export const listSegments = async (
  db: Database,
  search: string,
  after: string,
  limit: number,
): Promise<ListedSegment[]> => {
  const rows = await db
    .select({
      key: segment.key,
      description: segment.description,
      version: segment.version,
      createdAt: segment.createdAt,
      updatedAt: segment.updatedAt,
      included: countItems('"include"'),
      excluded: countItems('"exclude"'),
      conditions: countItems('conditions'),
      usedBy: sql<number>`coalesce(use.count, 0)`,
      updatedBy: lastActor,
    })
    .from(segment)
    .leftJoin(
      sql`(SELECT segment, count(*) AS count FROM ${segmentUses} GROUP BY segment) AS use`,
      sql`use.segment = ${segment.key}`,
    )
    .where(and(gt(segment.key, after), ...hasWords(search, TEXT)))
    .orderBy(asc(segment.key))
    .limit(limit)
  return rows.map(({ createdAt, updatedAt, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }))
}
