import type { SeenTable, Tables } from './tables.ts'

/** A table takes the ids of one period, and is dropped after the next. So an id is kept for 7 to 14 days. */
const PERIOD_MS = 7 * 24 * 3_600_000

export const toSeenTable = (at: number): SeenTable => `seen_${Math.floor(at / PERIOD_MS)}`

const getPeriod = (table: SeenTable) => Number(table.slice('seen_'.length))

/** Opens the names of rows that were recorded. D1 keeps them for ever; here they only recognize a repeated request. */
export const openSeenNames = ({ sql }: Pick<DurableObjectStorage, 'sql'>, tables: Tables) => ({
  /** The places in the list of names that were not seen. */
  findUnseen(names: readonly string[]): number[] {
    const isUnseen = tables
      .listSeen()
      .map((table) => `NOT EXISTS (SELECT 1 FROM ${table} WHERE name = each.value)`)
    if (isUnseen.length === 0) return names.map((_, place) => place)
    return sql
      .exec<{ place: number }>(
        `SELECT key AS place FROM json_each(?) AS each WHERE ${isUnseen.join(' AND ')}`,
        JSON.stringify(names),
      )
      .toArray()
      .map(({ place }) => place)
  },
  /** Adds names that were not seen, and forgets those of long ago. A clock that went back adds to the newest table. */
  add(names: readonly string[], now: number) {
    if (names.length === 0) return
    const known = tables.listSeen().map(getPeriod)
    const period = Math.max(getPeriod(toSeenTable(now)), ...known)
    tables.needSeen(`seen_${period}`)
    for (const earlier of known) if (earlier < period - 1) tables.drop(`seen_${earlier}`)
    sql.exec(`INSERT INTO seen_${period} SELECT value FROM json_each(?)`, JSON.stringify(names))
  },
})
