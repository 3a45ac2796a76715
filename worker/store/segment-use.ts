import { sql, type SQL } from 'drizzle-orm'
import { listSegmentKeys } from '../../schema/segment-keys.ts'
import type { Flag } from '../../schema/flag.ts'
import type { Database } from './database.ts'
import { readJson } from './read-json.ts'

/*
 * Which flags use which segments. A flag names segments in its conditions, so the commit of a flag checks that they exist,
 * and the commit of a deletion checks that no flag names the segment. Of two such edits at once the second one sees the
 * first.
 */

/** @param path where the conditions are: a value of a flag may look like one */
const selectTexts = (column: string, path: string) => sql`
  SELECT key, ${readJson(column, '{}')} AS text, ${path} AS path
  FROM feature_flag WHERE instr(${sql.raw(column)}, 'inSegment') > 0`

/** The rules and targets of flags that may use segments. A text that is no JSON names none: such a flag is off. */
const texts = sql`(${selectTexts('rules', '$.where')} UNION ALL ${selectTexts('serving', '$.targets')})`

/** Rows of a flag and a segment that it uses. */
export const segmentUses = sql`(
  SELECT DISTINCT used.key AS flag, named.value AS segment
  FROM ${texts} AS used, json_tree(used.text, used.path) AS node, json_each(used.text, node.path || '.values') AS named
  WHERE node.key = 'operator' AND node.atom = 'inSegment')`

/** The flags that use a segment, as targets of the audit. */
export const listUsers = async (db: Database, key: string): Promise<string[]> => {
  const rows = await db.all<{ flag: string }>(
    sql`SELECT flag FROM ${segmentUses} WHERE segment = ${key} ORDER BY flag`,
  )
  return rows.map(({ flag }) => `flag:${flag}`)
}

/** Whether no flag uses a segment. */
export const isUnused = (key: string): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${segmentUses} WHERE segment = ${key})`

/**
 * The segments that an edit adds to a flag. Those that the flag has already need no check: they cannot be deleted
 * meanwhile, and an edit that switches a flag off must always work.
 */
export const listAddedSegments = (
  before: Pick<Flag, 'rules' | 'targets'> | null,
  after: Pick<Flag, 'rules' | 'targets'> | null,
): string[] => {
  const former = new Set(listSegmentKeys(before))
  return listSegmentKeys(after).filter((key) => !former.has(key))
}

const missing = (keys: readonly string[]) => sql`
  SELECT value AS key FROM json_each(${JSON.stringify(keys)}) WHERE value NOT IN (SELECT key FROM segment)`

/** Whether all these segments exist. */
export const haveSegments = (keys: readonly string[]): SQL =>
  keys.length === 0 ? sql`true` : sql`NOT EXISTS (${missing(keys)})`

/** The segments among these that do not exist. */
export const findMissingSegments = async (
  db: Database,
  keys: readonly string[],
): Promise<string[]> => {
  if (keys.length === 0) return []
  const rows = await db.all<{ key: string }>(missing(keys))
  return rows.map(({ key }) => key)
}
