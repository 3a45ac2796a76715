import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { DEFAULT_MINIMUM_DAYS } from '../../schema/minimum-days.ts'
import {
  ALPHA,
  computeConfidenceSequences,
  sumPhases,
  type AnalysisOptions,
  type VariantCounts,
} from '../analyze/index.ts'
import { isOver, isPart, type Scope } from './analysis-options.ts'
import { analyzeRows, prepareRows } from './analyze-rows.ts'
import { accumulateLooks, type Look } from './looks.ts'
import { estimateDaysLeft } from './pace.ts'
import {
  countPhases,
  NO_TOTALS,
  sumRows,
  type DayRow,
  type PhaseList,
  type Totals,
} from './phase-counts.ts'
import { whyNoRate, writeNotes } from './reasons.ts'
import { describeComparison, describeResults } from './verdict-words.ts'

const DAY_MS = 86_400_000

const isoDay = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10)

const pickTotals = ({
  assignments,
  exposures,
  exposedUsers,
  conversions,
  clicks,
}: Totals): Totals => ({
  assignments,
  exposures,
  exposedUsers,
  conversions,
  clicks,
})

/** Merges the phases of a day: a row per day and variant. */
const mergeDays = (rows: readonly DayRow[], now: Date): Metrics['days'] =>
  [...Map.groupBy(rows, ({ day }) => day)].flatMap(([day, ofDay]) =>
    [...sumRows(ofDay, now)].map(([variant, tally]) => ({
      day: isoDay(day),
      variant,
      ...pickTotals(tally),
    })),
  )

const describePhases = (
  list: PhaseList,
  experiment: Experiment,
  rows: readonly DayRow[],
  now: Date,
): Metrics['phases'] => {
  const counted = new Set(list.counted.map(({ phase }) => phase))
  const starts = new Map(list.all.map(({ phase, startedAt }) => [phase, startedAt]))
  const describeStart = (phase: number) => {
    const startedAt = starts.get(phase)
    return startedAt === undefined ? {} : { startedAt: new Date(startedAt).toISOString() }
  }
  return countPhases({ ...list, counted: list.all }, experiment, rows, now).map((phase) => ({
    phase: phase.number,
    ...describeStart(phase.number),
    isCounted: counted.has(phase.number),
    variants: phase.variants.map(({ name, weight, ...tally }) => ({
      name,
      weight: phase.hasUnknownWeights === true ? null : weight,
      ...pickTotals(tally),
    })),
  }))
}

const describeMaturity = (
  variants: readonly VariantCounts[],
  { intakeDays = 0, minimumDays = DEFAULT_MINIMUM_DAYS }: AnalysisOptions,
): NonNullable<Metrics['maturity']> => ({
  exposedUsers: variants.reduce((sum, { exposedUsers }) => sum + exposedUsers, 0),
  matured: variants.reduce((sum, { matured }) => sum + (matured?.exposedUsers ?? 0), 0),
  intakeDays,
  minimumDays,
})

const showSequences = (looks: readonly Look[], options: AnalysisOptions): Metrics['sequences'] =>
  computeConfidenceSequences(
    looks.map(({ phases }) => phases),
    options,
  ).map(({ variant, lifts }) => ({
    variant,
    looks: lifts.flatMap((lift, index) => {
      const day = looks[index]?.day
      return day === undefined ? [] : [{ day: isoDay(day), lift }]
    }),
  }))

/**
 * Computes the results of an experiment from its counts by day, in the order of the days. Pure.
 *
 * The verdict, its sequence and the progress count the users whose conversion window is complete; totals and rates count
 * everyone.
 */
export const computeMetrics = (
  experiment: Experiment,
  rows: readonly DayRow[],
  scope: Scope,
  now: Date,
): Metrics => {
  const { from, to, conflicts, leftOut, baseline } = scope
  const range = { from, to, conflicts, ...(leftOut && { leftOut }) }
  const prepared = prepareRows(experiment, rows, scope, now)
  const { list, counted, maturedDays, phases, options } = prepared
  const part = isPart(experiment, scope, now)
  const variants = sumPhases(phases)
  const analysis = analyzeRows(experiment, rows, prepared, scope, now)
  const results = {
    variants: variants.map(({ name }, index) => ({
      name,
      weight: experiment.variants[index]?.weight ?? 0,
      ...pickTotals(sumRows(counted, now).get(name) ?? NO_TOTALS),
    })),
    days: mergeDays(counted, now),
    analysis,
    ...(part && { part }),
    ...(baseline !== undefined && { baseline }),
    maturity: describeMaturity(variants, options),
    ...(list.earlier.length > 0 && {
      start: { number: list.earlier.length + 1, plannedAlpha: experiment.plan?.alpha ?? ALPHA },
    }),
    ...(list.all.length > 1 && { phases: describePhases(list, experiment, rows, now) }),
  }
  return {
    experimentKey: experiment.key,
    ...range,
    ...results,
    words: {
      ...describeResults({
        metrics: { ...range, ...results },
        isOver: isOver(experiment, now),
        daysLeft: estimateDaysLeft(results, experiment, now.toISOString().slice(0, 10)),
      }),
      notes: writeNotes({ ...results, ...range }),
      rates: analysis.rates.map(({ rate: { reason } }) => reason && whyNoRate[reason]),
      comparisons: analysis.comparisons.map(describeComparison),
    },
    sequences: showSequences(
      accumulateLooks(
        list,
        experiment,
        rows.filter(({ day }) => maturedDays.has(day)),
        now,
      ),
      options,
    ),
  }
}
