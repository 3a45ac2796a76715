import { and, asc, gt, sql, type SQL } from 'drizzle-orm'
import type { ListedSegment } from '../../schema/segment.ts'
import { segment } from '../../schema/tables-segment.ts'
import type { Database } from './database.ts'
import { segmentUses } from './segment-use.ts'

/** The actor of the last edit: one step in the index on (target, id) for each segment. */
const lastActor = sql<string | null>`(
  SELECT actor FROM admin_action WHERE target = 'segment:' || segment.key ORDER BY id DESC LIMIT 1)`

const countItems = (column: string) =>
  sql<number>`coalesce(json_array_length(iif(json_valid(${sql.raw(column)}), ${sql.raw(column)}, '[]')), 0)`

/** Whether each word is part of the key or the description. Letters of ASCII match in either case. */
const hasWords = (search: string): SQL[] =>
  search
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 10)
    .map(
      (word) =>
        sql`instr(lower(segment.key || ' ' || coalesce(description, '')), lower(${word})) > 0`,
    )

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
    .where(and(gt(segment.key, after), ...hasWords(search)))
    .orderBy(asc(segment.key))
    .limit(limit)
  return rows.map(({ createdAt, updatedAt, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }))
}
