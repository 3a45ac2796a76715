import type * as z from 'zod'
import { Merge } from '../../store/identity.ts'
import {
  AssignmentRow,
  EventRow,
  ExposureRow,
  type ParticipationRows,
} from '../../store/participation.ts'

/** Ids of delivered rows are kept here for this long. D1 keeps them for ever. */
const REMEMBER_MS = 7 * 24 * 3_600_000

type Kind = 'assignment' | 'exposure' | 'event' | 'merge'
type OutboxRow = { seq: number; kind: Kind; row: string }

/** The next D1 transaction: rows, or a sign-in merge, which needs all rows before it in D1. */
export type Pending =
  | { readonly upTo: number; readonly rows: ParticipationRows }
  | { readonly upTo: number; readonly merge: Merge }

/** A row to record. `sent` is the row for D1 when it differs: after a sign-in merge it belongs to the owner. */
export type Entry = {
  readonly row: ExposureRow | EventRow
  readonly sent?: ExposureRow
}

const getKind = (row: ExposureRow | EventRow): Kind =>
  'experimentKey' in row ? 'exposure' : 'event'

/**
 * The identity of a row within one user. Experiment keys and types have no slash, so it is unambiguous. Older versions
 * named events `event/ID` without the type, so a repeat of such an event goes to D1, which knows its type.
 */
const buildRowName = (row: ExposureRow | EventRow) =>
  'experimentKey' in row ? `exposure/${row.experimentKey}/${row.id}` : `event:${row.type}/${row.id}`

/**
 * Opens the assignments of one user and the outbox of rows that D1 has not confirmed (schema/README.md lists the tables).
 * Every call is synchronous, so nothing can run between its check and its write.
 */
export const openParticipantStore = (storage: DurableObjectStorage) => {
  const { sql } = storage
  sql.exec(`
    CREATE TABLE IF NOT EXISTS assignment (
      experimentKey TEXT PRIMARY KEY, variant TEXT NOT NULL, requestId TEXT
    );
    CREATE TABLE IF NOT EXISTS phase (experimentKey TEXT PRIMARY KEY, phase INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS outbox (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, row TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS seen (name TEXT PRIMARY KEY, at INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
    CREATE TABLE IF NOT EXISTS adoption (id INTEGER PRIMARY KEY CHECK (id = 1));
  `)
  const enqueue = (kind: Kind, row: object) =>
    sql.exec('INSERT INTO outbox (kind, row) VALUES (?, ?)', kind, JSON.stringify(row))

  return {
    /** The user's assignment in an experiment. */
    findAssignment(experimentKey: string) {
      return sql
        .exec<{ variant: string; requestId: string | null }>(
          'SELECT variant, requestId FROM assignment WHERE experimentKey = ?',
          experimentKey,
        )
        .toArray()
        .at(0)
    },
    /** When an assignment was made that D1 has not confirmed, and its phase. D1 knows both of any other. */
    findPendingAssignment(experimentKey: string) {
      const row = sql
        .exec<{ row: string }>(
          `SELECT row FROM outbox WHERE kind = 'assignment' AND row ->> '$.experimentKey' = ?`,
          experimentKey,
        )
        .toArray()
        .at(0)
      return row && AssignmentRow.pick({ at: true, phase: true }).parse(JSON.parse(row.row))
    },
    /** Stores an assignment and puts its row into the outbox. A repeated request recognizes its assignment by `requestId`. */
    assign(row: AssignmentRow, requestId: string) {
      sql.exec('INSERT INTO assignment VALUES (?, ?, ?)', row.experimentKey, row.variant, requestId)
      if (row.phase !== undefined)
        sql.exec('INSERT INTO phase VALUES (?, ?)', row.experimentKey, row.phase)
      enqueue('assignment', row)
    },
    /**
     * Puts rows with new ids into the outbox, and returns for each row whether it was new. It takes three statements
     * for any number of rows, because a statement costs more than a row.
     */
    record(entries: readonly Entry[], now: number): boolean[] {
      const names = entries.map(({ row }) => buildRowName(row).toWellFormed())
      const unseen = sql.exec<{ place: number }>(
        `SELECT key AS place FROM json_each(?) AS each
         WHERE NOT EXISTS (SELECT 1 FROM seen WHERE name = each.value)`,
        JSON.stringify(names),
      )
      const firstPlaces = new Map(
        unseen
          .toArray()
          .map(({ place }) => [names[place] ?? '', place] as const)
          .toReversed(),
      )
      const isNew = names.map((name, place) => firstPlaces.get(name) === place)
      const taken = entries.filter((_, place) => isNew[place])
      sql.exec(
        'INSERT INTO seen SELECT value, ? FROM json_each(?)',
        now,
        JSON.stringify(Array.from(firstPlaces.keys())),
      )
      sql.exec(
        'INSERT INTO outbox (kind, row) SELECT value ->> 0, value ->> 1 FROM json_each(?) ORDER BY key',
        JSON.stringify(taken.map(({ row, sent }) => [getKind(row), JSON.stringify(sent ?? row)])),
      )
      return isNew
    },
    /** All assignments of the user. */
    listAssignments: () =>
      sql
        .exec<{ experimentKey: string; variant: string; phase: number | null }>(
          `SELECT experimentKey, variant, phase FROM assignment LEFT JOIN phase USING (experimentKey)
           ORDER BY experimentKey`,
        )
        .toArray()
        .map(({ phase, ...assignment }) => ({ ...assignment, phase: phase ?? undefined })),
    /** Puts a sign-in merge into the outbox, behind all rows that it moves. */
    queueMerge: (merge: Merge) => void enqueue('merge', merge),
    /** Whether the assignments that D1 had were imported. */
    hasImported: () => sql.exec('SELECT 1 FROM adoption').toArray().length > 0,
    /** Imports the assignments that D1 has. An assignment that was made here stays. */
    importAssignments(
      assignments: readonly { experimentKey: string; variant: string; phase: number }[],
    ) {
      for (const { experimentKey, variant, phase } of assignments) {
        const { rowsWritten } = sql.exec(
          'INSERT INTO assignment VALUES (?, ?, NULL) ON CONFLICT DO NOTHING',
          experimentKey,
          variant,
        )
        if (rowsWritten > 0) sql.exec('INSERT INTO phase VALUES (?, ?)', experimentKey, phase)
      }
      sql.exec('INSERT INTO adoption VALUES (1) ON CONFLICT DO NOTHING')
    },
    /** The oldest rows that D1 has not confirmed, and the number of the last of them; undefined when there are none. */
    readPending(most: number): Pending | undefined {
      const oldest = sql
        .exec<OutboxRow>('SELECT seq, kind, row FROM outbox ORDER BY seq LIMIT ?', most)
        .toArray()
      const merge = oldest.find(({ kind }) => kind === 'merge')
      if (merge && merge === oldest[0])
        return { upTo: merge.seq, merge: Merge.parse(JSON.parse(merge.row)) }
      const outbox = merge ? oldest.slice(0, oldest.indexOf(merge)) : oldest
      const last = outbox.at(-1)
      if (!last) return undefined
      const readRows = <Row>(kind: Kind, schema: z.ZodType<Row>) =>
        outbox
          .filter((entry) => entry.kind === kind)
          .map((entry) => schema.parse(JSON.parse(entry.row)))
      return {
        upTo: last.seq,
        rows: {
          assignments: readRows('assignment', AssignmentRow),
          exposures: readRows('exposure', ExposureRow),
          events: readRows('event', EventRow),
        },
      }
    },
    /** Deletes rows that D1 has, and ids that are older than a repeated request can be. */
    confirm(upTo: number, now: number) {
      sql.exec('DELETE FROM outbox WHERE seq <= ?', upTo)
      sql.exec('DELETE FROM seen WHERE at < ?', now - REMEMBER_MS)
    },
  }
}

export type ParticipantStore = ReturnType<typeof openParticipantStore>
