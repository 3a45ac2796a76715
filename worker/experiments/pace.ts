import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { WINDOW_DAYS } from './phase-counts.ts'
import { computeShares } from './shares.ts'

/** Estimates the days until the variant with the smallest share above 0 is complete; null when it never is. */
export const estimateDays = (
  perVariant: number,
  usersADay: number,
  variants: readonly Pick<Variant, 'weight'>[],
): number | null => {
  const smallest = Math.min(...computeShares(variants).filter((share) => share > 0))
  const aDay = usersADay * smallest
  return Number.isFinite(aDay) && aDay > 0 ? Math.ceil(perVariant / aDay) : null
}

const LOOK_BACK_DAYS = 7

/** Measures the new exposed users per day, of all variants, over the last whole days with users; null without one. */
export const measurePace = ({ days }: Pick<Metrics, 'days'>, today: string): number | null => {
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

/** Estimates the days until the planned sample is in and its windows are complete; null when no estimate is possible. */
export const estimateDaysLeft = (
  metrics: Pick<Metrics, 'days' | 'analysis' | 'variants'>,
  { variants }: Pick<Experiment, 'variants'>,
  today: string,
): number | null => {
  const { planned, reached } = metrics.analysis.progress
  const pace = measurePace(metrics, today)
  if (planned === null || reached || pace === null) return null
  const exposed = metrics.variants
    .filter(({ weight }) => weight > 0)
    .map(({ exposedUsers }) => exposedUsers)
  const missing = Math.max(0, planned - Math.min(...exposed))
  const untilIntake = estimateDays(missing, pace, variants)
  return untilIntake === null ? null : untilIntake + WINDOW_DAYS
}
