import { isCountedEvent } from '../../schema/counted-events.ts'
import {
  RefusalReason,
  type EventTypeCount,
  type ExperimentHealth,
  type RowOutcome,
  type RowOutcomes,
} from '../../schema/experiment-health.ts'
import { LeftOutReason } from '../../schema/people.ts'
import { describeHealth } from './health-words.ts'
import { EVENTS, nameExposures, OTHER_TYPES, type RowCounts } from './row-counts.ts'
import { suggestEventType } from './similar-type.ts'

const MAX_TYPES = 50

/** Reads the outcomes of the rows of one subject. */
const readOutcomes = ({ rows }: RowCounts, subject: string): RowOutcomes => {
  const read = (outcome: RowOutcome) => rows.get(`${subject} ${outcome}`) ?? 0
  const pick = (names: readonly RowOutcome[]) =>
    Object.fromEntries(
      names.flatMap((name) => (read(name) > 0 ? [[name, read(name)] as const] : [])),
    )
  return {
    accepted: read('ACCEPTED'),
    repeated: read('DUPLICATE'),
    uncounted: pick(LeftOutReason.options),
    refused: pick(RefusalReason.options),
  }
}

const toTypeCount = ([type, count]: readonly [string, number]): EventTypeCount => {
  const didYouMean = suggestEventType(type)
  return {
    type,
    count,
    isCounted: isCountedEvent(type),
    ...(didYouMean !== undefined && { didYouMean }),
  }
}

/** Types that results count, and nearly the same names, come before others of the same frequency, and are never cut. */
const isOfInterest = ({ isCounted, didYouMean }: EventTypeCount) =>
  isCounted || didYouMean !== undefined

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

/** What became of the rows of an experiment, in numbers and in words. */
export const summarizeHealth = (
  experimentKey: string,
  counts: RowCounts,
  since: number,
): ExperimentHealth => {
  const types = Array.from(counts.types)
    .filter(([type]) => type !== OTHER_TYPES)
    .map(toTypeCount)
    .toSorted((a, b) => Number(isOfInterest(b)) - Number(isOfInterest(a)) || b.count - a.count)
  const health = {
    experimentKey,
    since: new Date(since).toISOString(),
    exposures: readOutcomes(counts, nameExposures(experimentKey)),
    otherExposures: readOutcomes(counts, nameExposures(undefined)),
    events: readOutcomes(counts, EVENTS),
    eventTypes: types.slice(0, MAX_TYPES),
    otherEvents:
      sum(types.slice(MAX_TYPES).map(({ count }) => count)) + (counts.types.get(OTHER_TYPES) ?? 0),
  }
  return { ...health, findings: describeHealth(health) }
}
