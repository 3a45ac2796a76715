import {
  createRowCounts,
  EVENTS,
  mergeRowCounts,
  nameExposures,
  type RowCounts,
} from '../../experiments/row-counts.ts'
import { elapsedSince } from '../../lib/elapsed.ts'

/** SQLite is written at most this often while reports come in. */
const WRITE_INTERVAL_MS = 10_000
const HOUR_MS = 3_600_000
/** Hours that are kept and read, the current one included. */
const KEPT_HOURS = 24

type Row = { isType: number; name: string; count: number }

const toCounts = (stored: readonly Row[]): RowCounts => {
  const pick = (isType: number) =>
    new Map(stored.flatMap((row) => (row.isType === isType ? [[row.name, row.count]] : [])))
  return { rows: pick(0), types: pick(1) }
}

const copy = ({ rows, types }: RowCounts): RowCounts => ({
  rows: new Map(rows),
  types: new Map(types),
})

/** What became of the rows of one experiment, of rows without one, and of events, since an instant. */
export type RecentRowCounts = RowCounts & { readonly since: number }

/**
 * Counts by the hour, in SQLite (schema/README.md lists the table). The current hour is in memory. It is written at most
 * every 10 s while reports come in, and by each reconciliation, so that a restart loses little.
 */
export const openRowCounts = ({ sql }: DurableObjectStorage) => {
  sql.exec(`CREATE TABLE IF NOT EXISTS row_count (
    hour INTEGER NOT NULL, isType INTEGER NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (hour, isType, name)
  ) WITHOUT ROWID`)

  const memory = { hour: 0, totals: createRowCounts(), written: createRowCounts(), writtenAt: 0 }

  const writeMap = (isType: number, totals: RowCounts['rows'], written: RowCounts['rows']) => {
    for (const [name, count] of totals)
      if (written.get(name) !== count)
        sql.exec(
          'INSERT OR REPLACE INTO row_count VALUES (?, ?, ?, ?)',
          memory.hour,
          isType,
          name,
          count,
        )
  }

  const write = () => {
    const { totals, written } = memory
    writeMap(0, totals.rows, written.rows)
    writeMap(1, totals.types, written.types)
    memory.written = copy(totals)
  }

  /** Begins the hour of the clock, and forgets those that are no longer read. A clock may have been set back. */
  const turnHour = () => {
    const hour = Math.floor(Date.now() / HOUR_MS)
    if (hour === memory.hour) return
    write()
    sql.exec('DELETE FROM row_count WHERE hour <= ? OR hour > ?', hour - KEPT_HOURS, hour)
    const stored = toCounts(
      sql.exec<Row>('SELECT isType, name, count FROM row_count WHERE hour = ?', hour).toArray(),
    )
    Object.assign(memory, { hour, totals: stored, written: copy(stored) })
  }

  return {
    write,
    add: (counts: RowCounts): void => {
      turnHour()
      mergeRowCounts(memory.totals, counts)
      if (elapsedSince(memory.writtenAt) < WRITE_INTERVAL_MS) return
      write()
      memory.writtenAt = Date.now()
    },
    read: (experimentKey: string): RecentRowCounts => {
      turnHour()
      write()
      const subjects = [nameExposures(experimentKey), nameExposures(undefined), EVENTS]
      const stored = sql
        .exec<Row>(
          `SELECT isType, name, sum(count) AS count FROM row_count
           WHERE isType = 1 OR instr(name, ?) = 1 OR instr(name, ?) = 1 OR instr(name, ?) = 1
           GROUP BY isType, name`,
          ...subjects.map((subject) => `${subject} `),
        )
        .toArray()
      return { ...toCounts(stored), since: (memory.hour - KEPT_HOURS + 1) * HOUR_MS }
    },
  }
}
