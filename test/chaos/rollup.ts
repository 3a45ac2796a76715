import type { Row } from './people.ts'

/*
 * Counts the roll-ups the slow way from the raw rows (design.md, 4). The triggers in D1 must give the same counts for
 * each order of arrival.
 */

const QUARTER_MS = 900_000
const CONVERSION_MS = 7 * 86_400_000

type Raw = Omit<Row, 'kind'>
export type RawRows = {
  readonly assignments: readonly {
    experiment: string
    userId: string
    variant: string
    at: number
  }[]
  readonly exposures: readonly Raw[]
  readonly events: readonly Raw[]
}
export type Rollup = {
  experiment: string
  variant: string
  quarter: number
  assignments: number
  exposures: number
  exposedUsers: number
  conversions: number
  clicks: number
}

export const rollUp = ({ assignments, exposures, events }: RawRows): Rollup[] => {
  const rollups = new Map<string, Rollup>()
  const at = (experiment: string, variant: string, instant: number) => {
    const quarter = Math.floor(instant / QUARTER_MS)
    const key = `${experiment}|${variant}|${quarter}`
    const none = { assignments: 0, exposures: 0, exposedUsers: 0, conversions: 0, clicks: 0 }
    const rollup = rollups.get(key) ?? { experiment, variant, quarter, ...none }
    rollups.set(key, rollup)
    return rollup
  }
  for (const { about, variant, at: instant } of exposures) at(about, variant, instant).exposures++
  for (const { experiment, userId, variant, at: instant } of assignments) {
    at(experiment, variant, instant).assignments++
    const seen = exposures.filter((row) => row.about === experiment && row.userId === userId)
    if (seen.length === 0) continue
    const first = Math.min(...seen.map((row) => row.at))
    const later = events.filter((event) => event.userId === userId && event.at > first)
    const rollup = at(experiment, variant, first)
    rollup.exposedUsers++
    rollup.clicks += later.filter(({ about }) => about === 'event.viewed').length
    const hasBooked = later.some(
      (event) => event.about === 'booking.confirmed' && event.at <= first + CONVERSION_MS,
    )
    rollup.conversions += hasBooked ? 1 : 0
  }
  return Array.from(rollups.values())
}
