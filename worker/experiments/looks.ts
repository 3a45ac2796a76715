import type { Experiment } from '../../schema/experiment.ts'
import {
  addRows,
  createPhases,
  findMaturityDay,
  type CountedPhase,
  type DayRow,
  type PhaseList,
} from './phase-counts.ts'

/** The counts of all users whose windows are complete at the end of a day. */
export type Look = { readonly day: number; readonly phases: readonly CountedPhase[] }

/**
 * The most looks of a confidence sequence: more points than a chart has pixels between them. Each look costs phases ×
 * comparisons. Of more days, every n-th is a look, and the last day always is.
 */
export const MAX_LOOKS = 400

/**
 * Adds up the rows day by day, in one pass. The users of a day count from the end of the day on which the last of their
 * windows closes, so a booking that happens later changes no past look.
 */
export const accumulateLooks = (
  list: PhaseList,
  experiment: Experiment,
  rows: readonly DayRow[],
  now: Date,
): readonly Look[] => {
  const days = [...Map.groupBy(rows, ({ day }) => day)].toSorted(([a], [b]) => a - b)
  const every = Math.ceil(days.length / MAX_LOOKS)
  const looks: Look[] = []
  let phases = createPhases(list, experiment)
  for (const [index, [day, ofDay]] of days.entries()) {
    phases = addRows(list, phases, ofDay, now)
    if ((days.length - 1 - index) % every === 0) looks.push({ day: findMaturityDay(day), phases })
  }
  return looks
}
