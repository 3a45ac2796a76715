import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { sharesOf } from './shares.ts'

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
  metrics: Pick<Metrics, 'days' | 'analysis'>,
  { variants }: Pick<Experiment, 'variants'>,
  today: string,
): number | null => {
  const { planned, smallest, reached } = metrics.analysis.progress
  const pace = paceOf(metrics, today)
  return planned === null || reached || pace === null
    ? null
    : daysFor(planned - smallest, pace, variants)
}
