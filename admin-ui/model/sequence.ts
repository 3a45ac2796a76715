import type { Metrics } from '../../schema/metrics.ts'
import { findExtent, type Extent } from './scale.ts'

export type Sequence = Metrics['sequences'][number]

export type Look = {
  readonly day: string
  readonly value: number
  readonly lower: number
  readonly upper: number
}

/** Lists the looks that measured a difference. */
export const listLooks = ({ looks }: Sequence): readonly Look[] =>
  looks.flatMap(({ day, lift }) =>
    lift.reason === null ? [{ day, value: lift.value, lower: lift.lower, upper: lift.upper }] : [],
  )

/**
 * Finds the range to draw: all differences, zero, and the bands of the later days. The bands of the first days are so
 * wide that they would hide everything else, so they run off the chart.
 */
export const findSequenceDomain = (sequences: readonly Sequence[]): Extent | null => {
  const values = sequences.flatMap((sequence) => {
    const looks = listLooks(sequence)
    const settled = looks.slice(Math.floor(looks.length / 4))
    return [
      ...looks.map(({ value }) => value),
      ...settled.flatMap(({ lower, upper }) => [lower, upper]),
    ]
  })
  return values.length === 0 ? null : findExtent([...values, 0])
}

const DAY_MS = 86_400_000

/** Epoch days. */
export const toDayNumber = (day: string): number => Math.round(Date.parse(day) / DAY_MS)

const isoDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** Lists every day from the first to the last, also days without rows. */
export const listDays = (days: readonly string[]): readonly string[] => {
  const extent = findExtent(days.map(toDayNumber))
  if (extent === null) return []
  const [first, last] = extent
  return Array.from({ length: last - first + 1 }, (_, index) => isoDay(first + index))
}

const format = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** "8 Nov" */
export const formatDay = (day: string): string => format.format(new Date(day))

/** Selects the days that get a label: evenly, and as many as fit. */
export const selectLabels = (days: readonly string[], width: number): readonly string[] => {
  const every = Math.max(1, Math.ceil(days.length / Math.max(1, Math.floor(width / 64))))
  return days.filter((_, index) => index % every === 0)
}
