import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { DEFAULT_MINIMUM_DAYS } from '../../schema/minimum-days.ts'
import {
  computeSampleSize,
  spendAlpha,
  type AnalysisOptions,
  type Phase,
} from '../analyze/index.ts'
import type { DayRow, PhaseSettings } from './phase-counts.ts'

/** The counts, and how to read them. */
export type Scope = Pick<Metrics, 'from' | 'to' | 'conflicts' | 'leftOut'> & {
  /** Counts of users who were left out after they had been counted. A verdict must be the same with them. */
  readonly leftOutLater?: readonly DayRow[]
  /** The history of weights. Absent: it is not known. */
  readonly phases?: readonly PhaseSettings[]
  /** Days of intake that a verdict needs; those of the plan by default. */
  readonly minimumDays?: number
  /** Compares with this variant instead of the first, without a verdict. */
  readonly baseline?: string
}

/** Whether it is stopped or past its stopAt. The edge stops by its own clock, before the status changes. */
export const isOver = ({ status, stopAt }: Experiment, now: Date) =>
  status === 'STOPPED' ||
  (status === 'RUNNING' && stopAt !== null && Date.parse(stopAt) <= now.getTime())

/** Whether the range leaves out a time in which the experiment could take in users. */
export const isPart = (experiment: Experiment, { from, to }: Scope, now: Date): boolean => {
  const { launchedAt, startAt, stopAt } = experiment
  const start = [launchedAt, startAt].flatMap((at) => (at === null ? [] : [Date.parse(at)]))
  const end = isOver(experiment, now) && stopAt !== null ? Date.parse(stopAt) : now.getTime()
  const cutsStart = from !== null && (launchedAt === null || Date.parse(from) > Math.min(...start))
  return cutsStart || (to !== null && Date.parse(to) < end)
}

/* Counts the variants that some phase could assign users to. The others are no comparison and need no users. */
const countWeighted = (phases: readonly Phase[]) =>
  new Set(
    phases.flatMap(({ variants }) =>
      variants.filter(({ weight }) => weight > 0).map(({ name }) => name),
    ),
  ).size

/** The least alpha for which there is a planned sample. */
const LEAST_ALPHA = 1e-6

/* The always-valid sample is about twice that of a fixed test. */
const planSample = ({ plan }: Experiment, phases: readonly Phase[], alpha: number) =>
  plan &&
  computeSampleSize({
    baselineRate: plan.baselineRate,
    minimumRelativeLift: plan.minimumDetectableEffect,
    power: plan.power,
    alpha: Math.max(LEAST_ALPHA, alpha),
    variantCount: Math.max(2, countWeighted(phases)),
  }).alwaysValidPerVariant

/** The phases of the present start, those of each earlier one, and what is known of the users. */
export type Facts = {
  readonly isPart: boolean
  readonly intakeDays: number
  readonly phases: readonly Phase[]
  readonly earlierStarts: readonly (readonly Phase[])[]
}

/** Builds the options of the analysis from the plan. A new start has the alpha that the earlier ones left. */
export const buildOptions = (
  experiment: Experiment,
  { phases, baseline, minimumDays = experiment.plan?.minimumDays ?? DEFAULT_MINIMUM_DAYS }: Scope,
  facts: Facts,
): AnalysisOptions & { readonly alpha: number } => {
  const { plan, reweightedAt } = experiment
  const alpha = spendAlpha(facts.earlierStarts, plan?.alpha, (ofStart, left) =>
    planSample(experiment, ofStart, left),
  )
  return {
    alpha,
    ...(baseline !== undefined && { baseline }),
    isUnplanned: plan === null,
    intakeDays: facts.intakeDays,
    minimumDays,
    withheld: facts.isPart
      ? 'partial_range'
      : phases === undefined && reweightedAt !== null
        ? 'phases_unknown'
        : null,
    plannedSamplePerVariant: planSample(experiment, facts.phases, alpha),
  }
}
