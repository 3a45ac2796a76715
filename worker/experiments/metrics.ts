import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import {
  analyze,
  confidenceSequences,
  sampleSizeFor,
  type AnalysisOptions,
  type VariantCounts,
} from '../analyze/index.ts'
import type { DayCounts } from '../store/metrics.ts'
import { daysLeft } from './pace.ts'
import { notesOn, whyNoRate } from './reasons.ts'
import { significanceOf, wordsFor } from './verdict-words.ts'

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

/** The error rate and the sample of the plan: what the always-valid verdict needs, about twice a fixed test's. */
const optionsOf = ({ plan, variants, reweightedAt }: Experiment): AnalysisOptions => ({
  weightsChanged: reweightedAt !== null,
  ...(plan && { alpha: plan.alpha }),
  plannedSamplePerVariant:
    plan &&
    sampleSizeFor({
      baselineRate: plan.baselineRate,
      minimumRelativeLift: plan.minimumDetectableEffect,
      power: plan.power,
      alpha: plan.alpha,
      variantCount: variants.length,
    }).alwaysValidPerVariant,
})

/** The variants, and any that someone has but the experiment no more: they get no new users. */
const allVariants = (experiment: Experiment, days: readonly DayCounts[]): Variant[] => {
  const names = new Set(experiment.variants.map(({ name }) => name))
  const strays = new Set(days.map(({ variant }) => variant)).difference(names)
  return [...experiment.variants, ...Array.from(strays, (name) => ({ name, weight: 0 }))]
}

/** Totals after each day: what someone who looked at the end of it would have seen. */
const cumulative = (variants: readonly Variant[], days: readonly DayCounts[]) => {
  const totals = new Map<string, Counts>()
  return Array.from(
    Map.groupBy(days, ({ day }) => day),
    ([day, counts]) => {
      for (const row of counts) totals.set(row.variant, add(totals.get(row.variant) ?? NONE, row))
      return { day, variants: variantsWith(variants, totals) }
    },
  )
}

const variantsWith = (variants: readonly Variant[], totals: ReadonlyMap<string, Counts>) =>
  variants.map(({ name, weight }) => ({ name, weight, ...(totals.get(name) ?? NONE) }))

/** Stopped, or past its stopAt: the edge stops by its own clock. */
const isOver = ({ status, stopAt }: Experiment, now: Date) =>
  status === 'STOPPED' ||
  (status === 'RUNNING' && stopAt !== null && Date.parse(stopAt) <= now.getTime())

/** The results of an experiment, from its counts by day, in the order of the days. Pure. */
export const metricsOf = (
  experiment: Experiment,
  days: readonly DayCounts[],
  beside: Pick<Metrics, 'from' | 'to' | 'conflicts'>,
  now: Date,
): Metrics => {
  const looks = cumulative(allVariants(experiment, days), days)
  const variants = looks.at(-1)?.variants ?? variantsWith(experiment.variants, new Map())
  const options = optionsOf(experiment)
  const sequences = confidenceSequences(
    looks.map((look): readonly VariantCounts[] => look.variants),
    options,
  )
  const told = {
    variants,
    days: days.map(({ day, ...counts }) => ({ day: isoDay(day), ...counts })),
    analysis: analyze(variants, options),
  }
  return {
    experimentKey: experiment.key,
    ...beside,
    ...told,
    words: {
      ...wordsFor({
        analysis: told.analysis,
        isOver: isOver(experiment, now),
        daysLeft: daysLeft(told, experiment, now.toISOString().slice(0, 10)),
      }),
      notes: notesOn({ ...told, ...beside }),
      rates: told.analysis.rates.map(({ rate: { reason } }) => reason && whyNoRate[reason]),
      comparisons: told.analysis.comparisons.map(significanceOf),
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
