import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Phase, VariantCounts } from '../analyze/index.ts'
import type { DayCounts } from './day-counts.ts'

/** The counts of a day, in one phase. */
export type DayRow = DayCounts & {
  /** Absent: 1. */
  readonly phase?: number
  /** The users of the row with a complete conversion window. Absent: all of them once the last window is complete. */
  readonly matured?: { readonly exposedUsers: number; readonly conversions: number }
}

/** The facts of a phase besides its counts. */
export type PhaseSettings = {
  readonly phase: number
  /** In epoch milliseconds. */
  readonly startedAt?: number
  /** Null: not known. */
  readonly variants: readonly Variant[] | null
  /** Whether this phase and those after it count alone. */
  readonly startsOver?: boolean
}

export type Totals = Omit<DayRow, 'day' | 'variant' | 'phase' | 'matured'>

/** Counts of a variant with those of matured users. */
export type Tally = Totals & { readonly matured: NonNullable<DayRow['matured']> }

export const NO_TOTALS: Totals = {
  assignments: 0,
  exposures: 0,
  exposedUsers: 0,
  conversions: 0,
  clicks: 0,
}

const EMPTY_TALLY: Tally = { ...NO_TOTALS, matured: { exposedUsers: 0, conversions: 0 } }

const DAY_MS = 86_400_000

/** The conversion window (design, section 4), in days. */
export const WINDOW_DAYS = 7

/** The day at whose end every window of the users of a day is complete. */
export const findMaturityDay = (day: number): number => day + WINDOW_DAYS

/* A day without finer counts matures as a whole, never early: its last user came at its end. */
const countMatured = (row: DayRow, now: Date) => {
  if (row.matured) return row.matured
  const isComplete = (findMaturityDay(row.day) + 1) * DAY_MS <= now.getTime()
  return isComplete
    ? { exposedUsers: row.exposedUsers, conversions: row.conversions }
    : EMPTY_TALLY.matured
}

const add = (a: Tally, b: Tally): Tally => ({
  assignments: a.assignments + b.assignments,
  exposures: a.exposures + b.exposures,
  exposedUsers: a.exposedUsers + b.exposedUsers,
  conversions: a.conversions + b.conversions,
  clicks: a.clicks + b.clicks,
  matured: {
    exposedUsers: a.matured.exposedUsers + b.matured.exposedUsers,
    conversions: a.matured.conversions + b.matured.conversions,
  },
})

/** Adds up rows by variant. */
export const sumRows = (rows: readonly DayRow[], now: Date): ReadonlyMap<string, Tally> => {
  const tallies = new Map<string, Tally>()
  for (const row of rows) {
    const tally = { ...row, matured: countMatured(row, now) }
    tallies.set(row.variant, add(tallies.get(row.variant) ?? EMPTY_TALLY, tally))
  }
  return tallies
}

const getPhase = ({ phase = 1 }: DayRow) => phase

/** Lists the phases. Without a history, the rows are one phase, whose weights are unknown if they ever changed. */
const listSettings = (
  { variants, reweightedAt }: Experiment,
  settings: readonly PhaseSettings[] | undefined,
): readonly PhaseSettings[] =>
  settings && settings.length > 0
    ? settings.toSorted((a, b) => a.phase - b.phase)
    : [{ phase: 1, variants: reweightedAt === null ? variants : null }]

/* Splits the phases where the experiment started over. */
const splitStarts = (settings: readonly PhaseSettings[]): (readonly PhaseSettings[])[] => {
  const starts = settings.flatMap(({ startsOver }, index) =>
    index === 0 || startsOver === true ? [index] : [],
  )
  return starts.map((from, index) => settings.slice(from, starts[index + 1]))
}

/** The phases of an experiment, and the names of all variants in the order of the experiment. */
export type PhaseList = {
  readonly all: readonly PhaseSettings[]
  /** The phases of each start before the last start-over. */
  readonly earlier: readonly (readonly PhaseSettings[])[]
  readonly counted: readonly PhaseSettings[]
  readonly names: readonly string[]
  readonly findPhase: (row: DayRow) => number | undefined
}

/* A row of an unlisted phase belongs to the last one before it. Phase 0 is no phase: a restore of D1 took it away. */
const createPhaseFinder = (all: readonly PhaseSettings[]) => {
  const numbers = new Set(all.map(({ phase }) => phase))
  return (row: DayRow): number | undefined => {
    const number = getPhase(row)
    if (number === 0) return undefined
    return numbers.has(number)
      ? number
      : (all.findLast(({ phase }) => phase <= number) ?? all[0])?.phase
  }
}

/** Lists phases and variants. Removed variants that users still have come last. */
export const listPhases = (
  experiment: Experiment,
  rows: readonly DayRow[],
  settings: readonly PhaseSettings[] | undefined,
): PhaseList => {
  const all = listSettings(experiment, settings)
  const names = [
    ...experiment.variants.map(({ name }) => name),
    ...all.flatMap(({ variants }) => (variants ?? []).map(({ name }) => name)),
    ...rows.map(({ variant }) => variant),
  ]
  const starts = splitStarts(all)
  return {
    all,
    earlier: starts.slice(0, -1),
    counted: starts.at(-1) ?? [],
    names: [...new Set(names)],
    findPhase: createPhaseFinder(all),
  }
}

/** Selects the rows of the counted phases. */
export const selectRows = (list: PhaseList, rows: readonly DayRow[]): readonly DayRow[] => {
  const counted = new Set(list.counted.map(({ phase }) => phase))
  return rows.filter((row) => counted.has(list.findPhase(row) ?? Number.NaN))
}

export type CountedPhase = Omit<Phase, 'variants'> & {
  readonly variants: readonly (VariantCounts & Tally)[]
}

/** The counted phases before the first user. */
export const createPhases = (list: PhaseList, experiment: Experiment): readonly CountedPhase[] =>
  list.counted.map(({ phase, variants }) => {
    const weights = new Map(
      (variants ?? experiment.variants).map(({ name, weight }) => [name, weight]),
    )
    return {
      number: phase,
      hasUnknownWeights: variants === null,
      variants: list.names.map((name) => ({
        name,
        weight: weights.get(name) ?? 0,
        ...EMPTY_TALLY,
      })),
    }
  })

/** Adds rows to the phases. A phase without rows stays the same object. */
export const addRows = (
  { findPhase }: PhaseList,
  phases: readonly CountedPhase[],
  rows: readonly DayRow[],
  now: Date,
): readonly CountedPhase[] => {
  const byPhase = Map.groupBy(rows, findPhase)
  return phases.map((phase) => {
    const own = byPhase.get(phase.number)
    if (own === undefined) return phase
    const tallies = sumRows(own, now)
    const variants = phase.variants.map((variant) => ({
      ...variant,
      ...add(variant, tallies.get(variant.name) ?? EMPTY_TALLY),
    }))
    return { ...phase, variants }
  })
}

/** Counts the rows of each counted phase. */
export const countPhases = (
  list: PhaseList,
  experiment: Experiment,
  rows: readonly DayRow[],
  now: Date,
): readonly CountedPhase[] => addRows(list, createPhases(list, experiment), rows, now)

/**
 * Counts each earlier start until the day on which the next one began. What comes in later could not lead to that
 * decision, and would move the results of the new start.
 */
export const countEarlierStarts = (
  list: PhaseList,
  experiment: Experiment,
  rows: readonly DayRow[],
  now: Date,
): readonly (readonly CountedPhase[])[] => {
  if (list.earlier.length === 0) return []
  const byPhase = Map.groupBy(rows, list.findPhase)
  const nexts = [...list.earlier.slice(1), list.counted]
  return list.earlier.map((counted, index) => {
    const end = nexts[index]?.[0]?.startedAt ?? Number.POSITIVE_INFINITY
    const own = counted.flatMap(({ phase }) => byPhase.get(phase) ?? [])
    const until = own.filter(({ day }) => day * DAY_MS <= end)
    return countPhases({ ...list, counted }, experiment, until, now)
  })
}
