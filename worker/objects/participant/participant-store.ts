import type { Merge } from '../../store/identity.ts'
import type { AssignmentRow, EventRow, ExposureRow } from '../../store/participation.ts'
import { openAssigned } from './assigned.ts'
import { takeOverEarlierTables } from './earlier-tables.ts'
import { openQueue, type Item } from './queue.ts'
import { openSeenNames } from './seen-names.ts'
import { openTables } from './tables.ts'

/** A row to record. */
export type Entry = {
  readonly row: ExposureRow | EventRow
  /** The row for D1 when it differs: after a sign-in merge it belongs to the owner. */
  readonly sent?: ExposureRow
  /** The user's assignment, when this exposure made it. */
  readonly assignment?: AssignmentRow
}

const toItem = (row: ExposureRow | EventRow): Item =>
  'experimentKey' in row ? ['exposure', row] : ['event', row]

const buildExposureName = (experimentKey: string, id: string) => `exposure/${experimentKey}/${id}`

/**
 * The identity of a row within one user. Experiment keys and types have no slash, so it is unambiguous. Older versions
 * named events `event/ID` without the type, so a repeat of such an event goes to D1, which knows its type.
 */
const buildRowName = (row: ExposureRow | EventRow) =>
  'experimentKey' in row
    ? buildExposureName(row.experimentKey, row.id)
    : `event:${row.type}/${row.id}`

/**
 * Opens the assignments of one user and the queue of rows that D1 has not confirmed (schema/README.md lists the tables).
 * Every call is synchronous, so nothing can run between its check and its write. Cloudflare charges for each row that is
 * written (docs/limits-and-cost.md), so an assignment itself remembers the exposure that came with it.
 */
export const openParticipantStore = (storage: DurableObjectStorage) => {
  const tables = openTables(storage)
  takeOverEarlierTables(storage, tables, Date.now())
  const assigned = openAssigned(storage, tables)
  const queue = openQueue(storage, tables)
  const seen = openSeenNames(storage, tables)

  /** The exposures that came with their assignments. The seen names do not have them. */
  const listFirstExposures = () =>
    new Set(
      assigned
        .list()
        .flatMap(({ experimentKey, exposureId }) =>
          exposureId === null ? [] : [buildExposureName(experimentKey, exposureId)],
        ),
    )

  /** The place of each new name among the entries; the first place of a name that comes twice. */
  const findNew = (entries: readonly Entry[], names: readonly string[]) => {
    const first = entries.some(({ row }) => 'experimentKey' in row)
      ? listFirstExposures()
      : new Set<string>()
    const places = seen
      .findUnseen(names)
      .map((place) => [names[place] ?? '', place] as const)
      .filter(([name, place]) => entries[place]?.assignment || !first.has(name))
    return new Map(places.toReversed())
  }

  return {
    /** The tables, for other parts of the object. */
    tables,
    /** The user's assignment in an experiment. */
    findAssignment: assigned.find,
    /** When an assignment was made that D1 has not confirmed, and its phase. D1 knows both of any other. */
    findPendingAssignment: queue.findAssignment,
    /**
     * Stores an assignment. A repeated request recognizes its assignment by `requestId`. `exposureId` is the exposure
     * that is recorded with it.
     */
    assign: (row: AssignmentRow, requestId: string, exposureId?: string) =>
      assigned.add(row, requestId, exposureId),
    /** Puts assignments and rows with new ids into the queue. Returns for each row whether it was new. */
    record(entries: readonly Entry[], now: number): boolean[] {
      const names = entries.map(({ row }) => buildRowName(row).toWellFormed())
      const places = findNew(entries, names)
      const isNew = names.map((name, place) => places.get(name) === place)
      const taken = entries.filter((_, place) => isNew[place])
      const kept = Array.from(places).filter(([, place]) => !entries[place]?.assignment)
      seen.add(
        kept.map(([name]) => name),
        now,
      )
      queue.add([
        ...entries.flatMap(({ assignment }): Item[] =>
          assignment ? [['assignment', assignment]] : [],
        ),
        ...taken.map(({ row, sent }) => toItem(sent ?? row)),
      ])
      return isNew
    },
    /** All assignments of the user. */
    listAssignments: () =>
      assigned.list().map(({ experimentKey, variant, phase }) => ({
        experimentKey,
        variant,
        phase: phase ?? undefined,
      })),
    /** Puts assignments without exposures into the queue. */
    queueAssignments: (rows: readonly AssignmentRow[]) =>
      queue.add(rows.map((row) => ['assignment', row])),
    /** Puts a sign-in merge into the queue, behind all rows that it moves. */
    queueMerge: (merge: Merge) => queue.add([['merge', merge]]),
    /** Whether the assignments that D1 had were imported. */
    hasImported: assigned.hasImported,
    importAssignments: (rows: Parameters<typeof assigned.import>[0]) => assigned.import(rows),
    hasPending: () => !queue.isEmpty(),
    readPending: (most: number) => queue.readOldest(most),
    confirm: queue.confirm,
  }
}

export type ParticipantStore = ReturnType<typeof openParticipantStore>
