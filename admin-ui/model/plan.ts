import type { Experiment, Plan, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { sampleSizeFor, type SampleSizeReason } from '../../worker/analyze/index.ts'
import { sharesOf } from './shares.ts'

const REASONS: Readonly<Record<SampleSizeReason, string>> = {
  baseline_out_of_range: 'The rate today must lie between 0 and 100 %.',
  lift_out_of_range:
    'The effect must be above 0, not too small to be found by anyone, and must not lift the rate to 100 % or more.',
  power_out_of_range: 'The power must lie between 50 and 99.99 %.',
  alpha_out_of_range: 'The risk of a false alarm must lie between 0.0001 and 50 %.',
  variant_count_out_of_range: 'A plan needs 2 to 20 variants.',
}

export type Needed =
  | { readonly perVariant: number; readonly fixedPerVariant: number; readonly why: null }
  | { readonly perVariant: null; readonly fixedPerVariant: null; readonly why: string }

/** The exposed users that each variant needs, as the server computes it: the very same code. */
export const neededFor = (plan: Plan, variantCount: number): Needed => {
  const size = sampleSizeFor({
    baselineRate: plan.baselineRate,
    minimumRelativeLift: plan.minimumDetectableEffect,
    power: plan.power,
    alpha: plan.alpha,
    variantCount,
  })
  return size.reason === null
    ? { perVariant: size.alwaysValidPerVariant, fixedPerVariant: size.fixedPerVariant, why: null }
    : { perVariant: null, fixedPerVariant: null, why: REASONS[size.reason] }
}

/** Days until the variant with the smallest share, if it has any, is complete; null when it never is. */
export const daysFor = (
  perVariant: number,
  usersADay: number,
  variants: readonly Pick<Variant, 'weight'>[],
): number | null => {
  const smallest = Math.min(...sharesOf(variants).filter((share) => share > 0))
  const aDay = usersADay * smallest
  return Number.isFinite(aDay) && aDay > 0 ? Math.ceil(perVariant / aDay) : null
}

const LOOK_BACK_DAYS = 7

/** New exposed users a day, of all variants together, over the last whole days that have any; null without one. */
export const paceOf = ({ days }: Pick<Metrics, 'days'>, today: string): number | null => {
  const byDay = Map.groupBy(
    days.filter(({ day }) => day < today),
    ({ day }) => day,
  )
  const totals = [...byDay.values()]
    .map((rows) => rows.reduce((sum, { exposedUsers }) => sum + exposedUsers, 0))
    .slice(-LOOK_BACK_DAYS)
  const sum = totals.reduce((a, b) => a + b, 0)
  return sum === 0 ? null : sum / totals.length
}

/** At this pace, the days until the planned sample is complete; null when that cannot be said. */
export const daysLeft = (
  metrics: Metrics,
  { variants }: Pick<Experiment, 'variants'>,
  today: string,
): number | null => {
  const { planned, smallest, reached } = metrics.analysis.progress
  const pace = paceOf(metrics, today)
  return planned === null || reached || pace === null
    ? null
    : daysFor(planned - smallest, pace, variants)
}
