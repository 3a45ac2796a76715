import type { Browser, Page } from 'playwright-core'
import type { Experiment } from '../../schema/experiment.ts'
import type { Scope } from '../../worker/experiments/analysis-options.ts'
import { computeMetrics } from '../../worker/experiments/metrics.ts'
import type { DayRow } from '../../worker/experiments/phase-counts.ts'
import { readExperiment } from './admin-experiments.ts'
import { openAs } from './chromium.ts'
import { ADMIN } from './credentials.ts'

export const today = (): number => Math.floor(Date.now() / 86_400_000)

/** Counts of a variant on a day, on which every assigned user sees it. */
export const countRow = (
  day: number,
  variant: string,
  users: number,
  conversions: number,
  phase = 1,
): DayRow => ({
  day,
  variant,
  phase,
  assignments: users,
  exposures: users,
  exposedUsers: users,
  conversions,
  clicks: 0,
})

/** A and B on each of the days that begin so many days ago, with users and bookings a day. */
export const countDays = (
  daysAgo: number,
  days: number,
  a: readonly [number, number],
  b: readonly [number, number],
  phase = 1,
): DayRow[] =>
  Array.from({ length: days }, (_, index) => today() - daysAgo + index).flatMap((day) => [
    countRow(day, 'A', ...a, phase),
    countRow(day, 'B', ...b, phase),
  ])

type Shown = {
  readonly rows: readonly DayRow[]
  readonly experiment?: Partial<Experiment>
  readonly scope?: Partial<Scope>
  /** The query of the page. */
  readonly query?: string
  readonly look?: Parameters<typeof openAs>[3]
}

/** Opens the results of the demo experiment as the server would count these rows. */
export const openResults = async (browser: Browser, shown: Shown): Promise<Page> => {
  const { rows, experiment: over = {}, scope = {}, query = '', look } = shown
  const experiment: Experiment = { ...(await readExperiment('checkout-redesign')), ...over }
  const whole = { from: null, to: null, conflicts: 0 }
  const metrics = computeMetrics(experiment, rows, { ...whole, ...scope }, new Date())
  const page = await openAs(browser, ADMIN, '/settings/flags', look)
  await page.route('**/api/experiments/*/metrics*', (route) => route.fulfill({ json: metrics }))
  await page.route(`**/api/experiments/${experiment.key}`, (route) =>
    route.fulfill({ json: experiment }),
  )
  await page.route('**/api/experiments?*', async (route) => {
    const answer = await route.fetch()
    const list: { items: Experiment[] } = await answer.json()
    const items = list.items.map((one) => (one.key === experiment.key ? experiment : one))
    await route.fulfill({ json: { ...list, items } })
  })
  await page.goto(`/experiments/${experiment.key}${query}`)
  return page
}
