import { isCountedEvent } from '../../schema/counted-events.ts'
import type { RowOutcome } from '../../schema/experiment-health.ts'

/*
 * What became of rows, counted. The names of rows are `exposures/KEY OUTCOME`, `exposures OUTCOME` when no published
 * experiment has the key, and `events OUTCOME`. Accepted events are also counted by type.
 */

export type RowCounts = {
  readonly rows: Map<string, number>
  /** By type; the empty name is all types that did not fit. */
  readonly types: Map<string, number>
}

export const createRowCounts = (): RowCounts => ({ rows: new Map(), types: new Map() })

/** Distinct names in one hour. Ten times what a large installation has. */
export const MAX_ROW_NAMES = 5_000
/** Distinct event types in one hour. Clients choose the types, so they could invent thousands. */
export const MAX_EVENT_TYPES = 200

export const OTHER_TYPES = ''

export const nameExposures = (experimentKey: string | undefined): string =>
  experimentKey === undefined ? 'exposures' : `exposures/${experimentKey}`
export const EVENTS = 'events'

/** Adds to the count of a name. A full map takes no other name: the count then goes to `rest`, if there is one. */
const addCount = (
  counts: Map<string, number>,
  name: string,
  count: number,
  { max, rest }: { readonly max: number; readonly rest?: string },
) => {
  const taken = counts.has(name) || counts.size < max ? name : rest
  if (taken !== undefined) counts.set(taken, (counts.get(taken) ?? 0) + count)
}

const addRow = ({ rows }: RowCounts, name: string, count: number) =>
  addCount(rows, name, count, { max: MAX_ROW_NAMES })

/** A type that results count always has its own name, however many types a client invents. */
const addType = ({ types }: RowCounts, type: string, count: number) =>
  addCount(types, type, count, {
    max: isCountedEvent(type) ? Infinity : MAX_EVENT_TYPES,
    rest: OTHER_TYPES,
  })

/** Counts one exposure or assignment. */
export const countExposure = (
  counts: RowCounts,
  experimentKey: string | undefined,
  outcome: RowOutcome,
): void => addRow(counts, `${nameExposures(experimentKey)} ${outcome}`, 1)

/** Counts one event. */
export const countEvent = (
  counts: RowCounts,
  type: string | undefined,
  outcome: RowOutcome,
): void => {
  addRow(counts, `${EVENTS} ${outcome}`, 1)
  if (outcome === 'ACCEPTED' && type !== undefined) addType(counts, type, 1)
}

/** Adds all counts of another. */
export const mergeRowCounts = (counts: RowCounts, { rows, types }: RowCounts): void => {
  for (const [name, count] of rows) addRow(counts, name, count)
  for (const [type, count] of types) addType(counts, type, count)
}
