import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import {
  analyze,
  computeConfidenceSequences,
  computeSampleSize,
  type AnalysisOptions,
  type VariantCounts,
} from '../analyze/index.ts'
import type { DayCounts } from './day-counts.ts'
import { estimateDaysLeft } from './pace.ts'
import { writeNotes, whyNoRate } from './reasons.ts'
import { describeComparison, describeResults } from './verdict-words.ts'

const DAY_MS = 86_400_000

const isoDay = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10)

type Counts = Omit<DayCounts, 'day' | 'variant'>

const NONE: Counts = { assignments: 0, exposures: 0, exposedUsers: 0, conversions: 0, clicks: 0 }

const add = (a: Counts, b: Counts): Counts => ({
  assignments: a.assignments + b.assignments,
  exposures: a.exposures + b.exposures,
  exposedUsers: a.exposedUsers + b.exposedUsers,
  conversions: a.conversions + b.conversions,
  clicks: a.clicks + b.clicks,
})

/** Builds the options of the analysis from the plan. The always-valid sample is about twice that of a fixed test. */
const buildOptions = ({ plan, variants, reweightedAt }: Experiment): AnalysisOptions => ({
  weightsChanged: reweightedAt !== null,
  ...(plan && { alpha: plan.alpha }),
  plannedSamplePerVariant:
    plan &&
    computeSampleSize({
      baselineRate: plan.baselineRate,
      minimumRelativeLift: plan.minimumDetectableEffect,
      power: plan.power,
      alpha: plan.alpha,
      variantCount: variants.length,
    }).alwaysValidPerVariant,
})

/** Lists the variants, and removed variants that users still have, with weight 0. */
const listVariants = (experiment: Experiment, days: readonly DayCounts[]): Variant[] => {
  const names = new Set(experiment.variants.map(({ name }) => name))
  const strays = new Set(days.map(({ variant }) => variant)).difference(names)
  return [...experiment.variants, ...Array.from(strays, (name) => ({ name, weight: 0 }))]
}

/** Accumulates the totals at the end of each day. */
const accumulateLooks = (variants: readonly Variant[], days: readonly DayCounts[]) => {
  const totals = new Map<string, Counts>()
  return Array.from(
    Map.groupBy(days, ({ day }) => day),
    ([day, counts]) => {
      for (const row of counts) totals.set(row.variant, add(totals.get(row.variant) ?? NONE, row))
      return { day, variants: joinCounts(variants, totals) }
    },
  )
}

const joinCounts = (variants: readonly Variant[], totals: ReadonlyMap<string, Counts>) =>
  variants.map(({ name, weight }) => ({ name, weight, ...(totals.get(name) ?? NONE) }))

/** Whether it is stopped or past its stopAt. The edge stops by its own clock, before the status changes. */
const isOver = ({ status, stopAt }: Experiment, now: Date) =>
  status === 'STOPPED' ||
  (status === 'RUNNING' && stopAt !== null && Date.parse(stopAt) <= now.getTime())

/** Computes the results of an experiment from its counts by day, in the order of the days. Pure. */
export const computeMetrics = (
  experiment: Experiment,
  days: readonly DayCounts[],
  beside: Pick<Metrics, 'from' | 'to' | 'conflicts'>,
  now: Date,
): Metrics => {
  const looks = accumulateLooks(listVariants(experiment, days), days)
  const variants = looks.at(-1)?.variants ?? joinCounts(experiment.variants, new Map())
  const options = buildOptions(experiment)
  const sequences = computeConfidenceSequences(
    looks.map((look): readonly VariantCounts[] => look.variants),
    options,
  )
  const results = {
    variants,
    days: days.map(({ day, ...counts }) => ({ day: isoDay(day), ...counts })),
    analysis: analyze(variants, options),
  }
  return {
    experimentKey: experiment.key,
    ...beside,
    ...results,
    words: {
      ...describeResults({
        analysis: results.analysis,
        isOver: isOver(experiment, now),
        daysLeft: estimateDaysLeft(results, experiment, now.toISOString().slice(0, 10)),
      }),
      notes: writeNotes({ ...results, ...beside }),
      rates: results.analysis.rates.map(({ rate: { reason } }) => reason && whyNoRate[reason]),
      comparisons: results.analysis.comparisons.map(describeComparison),
    },
    sequences: sequences.map(({ variant, lifts }) => ({
      variant,
      looks: lifts.flatMap((lift, index) => {
        const day = looks[index]?.day
        return day === undefined ? [] : [{ day: isoDay(day), lift }]
      }),
    })),
  }
}
