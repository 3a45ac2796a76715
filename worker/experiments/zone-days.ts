/*
 * The days of a zone, in quarters of an hour since the epoch: the offset of every zone today is a whole number of quarters
 * (IANA tz database). A day may have 23 or 25 hours, and midnight may be missing. Pure.
 */

const QUARTER_MS = 900_000
const DAY_QUARTERS = 96
/** No day is shorter than this, in quarters. */
const SHORTEST = 22 * 4
/** The largest offset of a zone is 14 hours; one more for a change of clocks. */
const LARGEST_OFFSET = 15 * 4

/** A day of a zone; `until` is exclusive. */
export type ZoneDay = { readonly day: string; readonly from: number; readonly until: number }

/** Returns the local date, as `2026-11-29`, at the start of a quarter. */
const createDateReader = (zone: string) => {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  return (quarter: number): string => {
    const parts = format.formatToParts(quarter * QUARTER_MS)
    const read = (type: 'year' | 'month' | 'day') =>
      parts.find((part) => part.type === type)?.value ?? ''
    return `${read('year').padStart(4, '0')}-${read('month')}-${read('day')}`
  }
}

type DateReader = ReturnType<typeof createDateReader>

const findNextStart = (readDate: DateReader, from: number): number => {
  const today = readDate(from)
  const usual = from + DAY_QUARTERS
  if (readDate(usual) > today && readDate(usual - 1) === today) return usual
  let quarter = from + SHORTEST
  while (readDate(quarter) <= today) quarter += 1
  return quarter
}

/** Finds the first quarter of a day in a zone. If the zone left the day out, that of the next day. */
export const findDayStart = (zone: string, day: string): number => {
  const readDate = createDateReader(zone)
  let quarter = Math.floor(Date.parse(day) / QUARTER_MS) - LARGEST_OFFSET
  while (readDate(quarter) < day) quarter += 1
  return quarter
}

/** Lists the days of a zone from the one that holds a quarter until the one before `until`. */
export const listZoneDays = (zone: string, from: number, until: number): readonly ZoneDay[] => {
  const readDate = createDateReader(zone)
  const days: ZoneDay[] = []
  let start = findDayStart(zone, readDate(from))
  while (start < until) {
    const next = findNextStart(readDate, start)
    days.push({ day: readDate(start), from: start, until: next })
    start = next
  }
  return days
}
