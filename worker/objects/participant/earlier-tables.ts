import { toSeenTable } from './seen-names.ts'
import type { Tables } from './tables.ts'

/** The tables before rows were counted. Version 0.1.0 had no `phase`, and an object may not have run since. */
const EARLIER = ['assignment', 'phase', 'outbox', 'seen', 'adoption'] as const

/**
 * Takes over the rows of an object that an earlier version left, and drops its tables. The names differ from those of
 * now: when an earlier version runs again, it reads its own tables, and assignments from D1.
 */
export const takeOverEarlierTables = (
  storage: DurableObjectStorage,
  tables: Tables,
  now: number,
): void => {
  if (!EARLIER.some(tables.has)) return
  const { sql } = storage
  const hasRows = (table: (typeof EARLIER)[number]) =>
    tables.has(table) && sql.exec(`SELECT 1 FROM ${table} LIMIT 1`).toArray().length > 0
  storage.transactionSync(() => {
    if (hasRows('assignment')) {
      tables.need('assigned')
      const [phase, join] = tables.has('phase')
        ? ['phase', 'LEFT JOIN phase USING (experimentKey)']
        : ['NULL', '']
      sql.exec(`INSERT INTO assigned SELECT experimentKey, variant, ${phase}, requestId, NULL
        FROM assignment ${join} WHERE true ON CONFLICT DO NOTHING`)
    }
    if (hasRows('outbox')) {
      tables.need('queue')
      sql.exec(`INSERT INTO queue (items)
        SELECT json_array(json_array(kind, json(row))) FROM outbox ORDER BY seq`)
    }
    if (hasRows('seen')) {
      const table = toSeenTable(now)
      tables.needSeen(table)
      sql.exec(`INSERT INTO ${table} SELECT name FROM seen WHERE true ON CONFLICT DO NOTHING`)
    }
    if (hasRows('adoption')) tables.need('imported')
    for (const table of EARLIER) tables.drop(table)
  })
}
