/** What a reader chose to see: a range of whole UTC days, and another baseline. Empty: not chosen. */
export type ResultsView = {
  readonly from: string
  /** The last day, inclusive. */
  readonly to: string
  readonly baseline: string
}

export const WHOLE: ResultsView = { from: '', to: '', baseline: '' }

const DAY_MS = 86_400_000

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

/** Reads the view from the query of the address. Text that is no day is ignored. */
export const readView = (query: URLSearchParams): ResultsView => {
  const readDay = (name: string) => {
    const text = query.get(name) ?? ''
    return isDay(text) ? text : ''
  }
  return { from: readDay('from'), to: readDay('to'), baseline: query.get('baseline') ?? '' }
}

/** Turns a view into the query of the API, whose `to` is exclusive. */
export const toMetricsQuery = ({ from, to, baseline }: ResultsView) => ({
  ...(from && { from: `${from}T00:00:00Z` }),
  ...(to && { to: new Date(Date.parse(to) + DAY_MS).toISOString() }),
  ...(baseline && { baseline }),
})

/** Writes the query of a view; empty for the whole experiment. */
export const writeViewQuery = (view: ResultsView): string =>
  new URLSearchParams(toMetricsQuery(view)).toString()
