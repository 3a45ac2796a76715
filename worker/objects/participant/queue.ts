import * as z from 'zod'
import { Merge } from '../../store/identity.ts'
import {
  AssignmentRow,
  EventRow,
  ExposureRow,
  type ParticipationRows,
} from '../../store/participation.ts'
import type { Tables } from './tables.ts'

/** A row for D1, or a sign-in merge, with its kind. */
export type Item =
  | readonly ['assignment', AssignmentRow]
  | readonly ['exposure', ExposureRow]
  | readonly ['event', EventRow]
  | readonly ['merge', Merge]

const Items = z.array(
  z.union([
    z.tuple([z.literal('assignment'), AssignmentRow]),
    z.tuple([z.literal('exposure'), ExposureRow]),
    z.tuple([z.literal('event'), EventRow]),
    z.tuple([z.literal('merge'), Merge]),
  ]),
)

/** The next D1 transaction: rows, or a sign-in merge, which needs all rows before it in D1. */
export type Pending =
  | { readonly upTo: number; readonly rows: ParticipationRows }
  | { readonly upTo: number; readonly merge: Merge }

/** Items in one row of the table: SQLite takes 2 MB a value, and an item may have 2.5 KB as JSON. */
const ITEMS_AT_ONCE = 250

const toRows = (items: readonly Item[]): ParticipationRows => ({
  assignments: items.flatMap((item) => (item[0] === 'assignment' ? [item[1]] : [])),
  exposures: items.flatMap((item) => (item[0] === 'exposure' ? [item[1]] : [])),
  events: items.flatMap((item) => (item[0] === 'event' ? [item[1]] : [])),
})

/** Opens the queue of rows and merges that D1 has not confirmed, in their order. The items of one request share a row. */
export const openQueue = ({ sql }: Pick<DurableObjectStorage, 'sql'>, tables: Tables) => ({
  add(items: readonly Item[]) {
    if (items.length === 0) return
    tables.need('queue')
    for (let from = 0; from < items.length; from += ITEMS_AT_ONCE)
      sql.exec(
        'INSERT INTO queue (items) VALUES (?)',
        JSON.stringify(items.slice(from, from + ITEMS_AT_ONCE)),
      )
  },
  isEmpty: () =>
    !tables.has('queue') || sql.exec('SELECT 1 FROM queue LIMIT 1').toArray().length === 0,
  /** The oldest items, about as many as `most`, and the number of the last row; undefined when there are none. */
  readOldest(most: number): Pending | undefined {
    if (!tables.has('queue')) return undefined
    const taken: Item[] = []
    let upTo = 0
    for (const row of sql.exec<{ seq: number; items: string }>(
      'SELECT seq, items FROM queue ORDER BY seq',
    )) {
      const items = Items.parse(JSON.parse(row.items))
      const [first] = items
      if (first?.[0] === 'merge') {
        if (taken.length > 0) break
        return { upTo: row.seq, merge: first[1] }
      }
      if (taken.length > 0 && taken.length + items.length > most) break
      taken.push(...items)
      upTo = row.seq
    }
    return taken.length === 0 ? undefined : { upTo, rows: toRows(taken) }
  },
  /** The time and phase of an assignment that D1 has not confirmed. */
  findAssignment: (experimentKey: string) =>
    tables.has('queue')
      ? sql
          .exec<{ row: string }>(
            `SELECT item.value ->> '$[1]' AS row FROM queue, json_each(queue.items) AS item
             WHERE item.value ->> '$[0]' = 'assignment' AND item.value ->> '$[1].experimentKey' = ?
             ORDER BY seq LIMIT 1`,
            experimentKey,
          )
          .toArray()
          .map(({ row }) => AssignmentRow.pick({ at: true, phase: true }).parse(JSON.parse(row)))
          .at(0)
      : undefined,
  /** Deletes rows that D1 has. */
  confirm: (upTo: number) => void sql.exec('DELETE FROM queue WHERE seq <= ?', upTo),
})
