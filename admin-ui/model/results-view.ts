import { isZone } from '../../schema/zone.ts'
import { findDayStart } from '../../worker/experiments/zone-days.ts'

/** What a reader chose to see: a range of whole days, the zone of days, and another baseline. Empty: not chosen. */
export type ResultsView = {
  readonly from: string
  /** The last day, inclusive. */
  readonly to: string
  /** The zone of days; UTC when empty. */
  readonly zone: string
  readonly baseline: string
}

/** The whole experiment, by UTC days. */
export const WHOLE: ResultsView = { from: '', to: '', zone: '', baseline: '' }

const DAY_MS = 86_400_000
const QUARTER_MS = 900_000

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** Reads the view from the query of the address. Text that is no day or no zone is ignored. */
export const readView = (query: URLSearchParams): ResultsView => {
  const readDay = (name: string) => {
    const text = query.get(name) ?? ''
    return isDay(text) ? text : ''
  }
  const zone = query.get('zone') ?? ''
  return {
    from: readDay('from'),
    to: readDay('to'),
    zone: isZone(zone) ? zone : '',
    baseline: query.get('baseline') ?? '',
  }
}

const findStart = (zone: string, day: string) =>
  zone ? new Date(findDayStart(zone, day) * QUARTER_MS).toISOString() : `${day}T00:00:00Z`

const findNextDay = (day: string) => new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10)

/** Turns a view into the query of the API, whose `to` is exclusive. */
export const toMetricsQuery = ({ from, to, zone, baseline }: ResultsView) => ({
  ...(from && { from: findStart(zone, from) }),
  ...(to && { to: findStart(zone, findNextDay(to)) }),
  ...(zone && { zone }),
  ...(baseline && { baseline }),
})

/** Writes the query of a view; empty for the whole experiment. */
export const writeViewQuery = (view: ResultsView): string =>
  new URLSearchParams(toMetricsQuery(view)).toString()

/** Lists the zones to choose from: UTC, that of the browser, and that of the address. */
export const listZones = (chosen: string, own: string): readonly string[] => [
  ...new Set(['', own === 'UTC' ? '' : own, chosen]),
]
