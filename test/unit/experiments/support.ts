import type { Experiment } from '../../../schema/experiment.ts'
import type { Metrics } from '../../../schema/metrics.ts'
import { computeMetrics } from '../../../worker/experiments/metrics.ts'
import type { DayCounts } from '../../../worker/experiments/day-counts.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'

/** The number of a day, as it is stored. */
export const toDayNumber = (date: string): number => Date.parse(date) / 86_400_000

/** Counts of a day on which each assigned user sees the variant once. */
export const countDay = (
  day: number,
  variant: string,
  users: number,
  conversions = 0,
): DayCounts => ({
  day,
  variant,
  assignments: users,
  exposures: users,
  exposedUsers: users,
  conversions,
  clicks: 0,
})

/** The whole range, without conflicts. One day of intake is enough. */
export const ALWAYS = { from: null, to: null, conflicts: 0, minimumDays: 1 }

/** An experiment that was launched on its only day. */
export const RUNNING = experimentWith({
  key: 'words',
  status: 'RUNNING',
  launchedAt: '2026-11-01T00:00:00.000Z',
})

/** Its results as the server counts them, from users and bookings of each variant. */
export const computeResults = (
  users: readonly [number, number],
  bookings: readonly [number, number],
  settings: Partial<Experiment> = {},
  now = '2026-11-09',
): Metrics =>
  computeMetrics(
    { ...RUNNING, ...settings },
    [
      countDay(toDayNumber('2026-11-01'), 'A', users[0], bookings[0]),
      countDay(toDayNumber('2026-11-01'), 'B', users[1], bookings[1]),
    ],
    ALWAYS,
    new Date(now),
  )
