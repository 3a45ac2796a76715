import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ExperimentHealth } from '../../schema/experiment-health.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { computeMetrics } from '../../worker/experiments/metrics.ts'
import { adminApi } from '../support/admin-api.ts'
import { draftExperiment, readExperiment } from '../support/admin-experiments.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, CLIENT, VIEWER } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** Opens the results for these numbers of users and bookings in A and B. */
const openWith = async (
  users: readonly [number, number],
  bookings: readonly [number, number],
  settings: object = {},
  conflicts = 0,
): Promise<Page> => {
  const experiment = { ...(await readExperiment('checkout-redesign')), plan: null, ...settings }
  const day = Math.floor(Date.parse('2026-11-10') / 86_400_000)
  const days = ['A', 'B'].map((variant, index) => ({
    day,
    variant,
    assignments: users[index] ?? 0,
    exposures: (users[index] ?? 0) * 2,
    exposedUsers: users[index] ?? 0,
    conversions: bookings[index] ?? 0,
    clicks: 7,
  }))
  const beside = { from: null, to: null, conflicts, minimumDays: 1 }
  const metrics: Metrics = computeMetrics(experiment, days, beside, new Date())
  const page = await openAs(browser, ADMIN, '/settings/flags')
  await page.route('**/api/experiments/*/metrics*', (route) => route.fulfill({ json: metrics }))
  await page.goto('/experiments/checkout-redesign')
  return page
}

it('Results: show verdict, progress, counts and charts, with a table for each chart', async () => {
  const page = await openAs(browser, VIEWER, '/experiments/checkout-redesign')
  await page
    .getByRole('heading', { name: /No verdict yet: \d+\s% of the planned sample/ })
    .waitFor()
  await page.getByText('Nothing counts as significant before the plan is complete').waitFor()
  await page.getByRole('progressbar', { name: /of 6,599 per variant/ }).waitFor()
  await page.getByText(/The split was checked: 6,0\d\d\susers/).waitFor()
  const counts = page.getByRole('table', { name: 'Counts of each variant' })
  const cells = await counts.getByRole('row', { name: /^A/ }).getByRole('cell').allTextContents()
  // The test files share a server, and another file may have assigned more users to the demo.
  expect(cells.slice(0, 2)).toEqual(['50\u00a0%', expect.stringMatching(/^3,0\d\d$/)])
  for (const name of [
    'Conversion rate',
    'Difference to A',
    'B − A over time',
    'Assignments and exposures a day',
  ])
    await page.getByRole('img', { name, exact: true }).waitFor()
  await page
    .getByRole('table', { name: 'Numbers of: Difference to A' })
    .getByText('not significant before the plan')
    .waitFor()
  await page.getByText('The numbers of: B − A over time').click()
  await page.getByRole('table', { name: 'Numbers of: B − A over time' }).waitFor()
  expect(await page.getByText(/NaN|null|undefined/).count()).toBe(0)
})

it('Results: name the better variant and the next step when there is a difference', async () => {
  const plan = { baselineRate: 0.11, minimumDetectableEffect: 0.2, power: 0.8, alpha: 0.05 }
  const page = await openWith([10_000, 10_000], [1_000, 1_300], { plan })
  await page.getByRole('heading', { name: 'B sells better than A' }).waitFor()
  await page.getByText('Stop the experiment and make B what everybody gets.').waitFor()
  await page.getByText('significant: B sells better').waitFor()
})

it('Results: show an alarm and no verdict for a sample ratio mismatch', async () => {
  const page = await openWith([10_000, 9_000], [1_000, 1_300])
  const alarm = page.getByRole('alert').filter({ hasText: 'Do not trust these results' })
  await alarm.waitFor()
  await alarm.getByRole('table', { name: 'Assigned and expected users' }).waitFor()
  await alarm.getByRole('cell', { name: '9,500' }).first().waitFor()
  await page.getByRole('heading', { name: /^No verdict: the users did not come/ }).waitFor()
  expect(await page.getByText('sells better').count()).toBe(0)
  expect(await page.getByRole('img', { name: 'Difference to A' }).count()).toBe(0)
  await page.goto('/experiments')
  await page
    .getByText(/^No verdict: the users did not come/)
    .first()
    .waitFor()
})

it('Results: say that the split cannot be checked when the weights changed', async () => {
  const page = await openWith([10_000, 9_000], [1_000, 900], {
    reweightedAt: '2026-11-12T00:00:00.000Z',
  })
  await page.getByText('The split cannot be checked, because the variants changed').waitFor()
})

it('Results: mention users who are left out, and only when there are some', async () => {
  const page = await openWith([10_000, 10_000], [1_000, 1_000], {}, 3)
  await page.getByText(/^3.users left out: they had one variant before they signed in/).waitFor()
  const without = await openWith([10_000, 10_000], [1_000, 1_000])
  const results = without.getByRole('region', { name: 'Results', exact: true })
  await results.getByText('The split was checked').waitFor()
  expect(await results.getByText('left out').count()).toBe(0)
})

it('Results: say in a sentence why a number cannot be computed', async () => {
  const page = await openWith([10, 0], [0, 0])
  await page
    .getByRole('img', { name: 'Conversion rate' })
    .locator('text', { hasText: 'Nobody has seen it yet.' })
    .waitFor()
  await page.getByText('Not comparable yet: one of the two was not seen by anyone.').waitFor()
  expect(await page.getByText(/NaN|null|undefined/).count()).toBe(0)
})

it('Results: export variants and days as CSV', async () => {
  const page = await openAs(browser, ADMIN, '/experiments/checkout-redesign')
  const save = async (name: string) => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name }).click(),
    ])
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
  }
  await page.getByRole('table', { name: 'Counts of each variant' }).waitFor()
  const summary = await save('Export results CSV')
  expect(summary.name).toBe('checkout-redesign.csv')
  expect(summary.text).toMatch(/^experiment,variant,.*\r\ncheckout-redesign,A,true,50,0\.5,30\d\d,/)
  const days = await save('Export daily CSV')
  expect(days.name).toBe('checkout-redesign-by-day.csv')
  expect(days.text.split('\r\n')[0]).toBe(
    'experiment,day_utc,variant,assignments,exposures,exposed_users,conversions,clicks',
  )
})

it('Results: keep the last numbers when loading fails, and load again on demand', async () => {
  const page = await openAs(browser, ADMIN, '/settings/flags')
  // Other test files change data, and the stream then loads the page by itself.
  await page.route('**/api/stream', (route) => route.abort())
  await page.goto('/experiments/checkout-redesign')
  await page.getByRole('table', { name: 'Counts of each variant' }).waitFor()
  await page.route('**/metrics*', (route) => route.abort())
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.getByRole('alert').getByText('The server cannot be reached').waitFor()
  await page.getByRole('table', { name: 'Counts of each variant' }).waitFor()
  await page.unroute('**/metrics*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('alert').waitFor({ state: 'detached' })
})

it('Experiment list: loads results again when they are old or failed', async () => {
  const page = await openAs(browser, ADMIN, '/settings/flags')
  await page.clock.install()
  await page.route('**/metrics*', (route) => route.abort())
  const look = async () => {
    await page.getByRole('link', { name: 'Experiments' }).click()
    await page.getByRole('link', { name: 'checkout-redesign' }).waitFor()
  }
  const leave = () => page.getByRole('link', { name: 'Flags', exact: true }).click()
  await look()
  await page.getByText('Results could not be loaded').first().waitFor()
  await page.unroute('**/metrics*')
  await leave()
  await look()
  await page.getByText('No verdict yet').first().waitFor()
  await leave()
  await page.clock.runFor('02:00')
  const counted = page.waitForRequest('**/checkout-redesign/metrics*')
  await look()
  await counted
})

it('Results: name the interval with a round number', async () => {
  const plan = { baselineRate: 0.1, minimumDetectableEffect: 0.5, power: 0.8, alpha: 0.278 }
  const page = await openWith([10_000, 10_000], [1_000, 1_300], { plan })
  await page.getByText(/joint 72\.2\s% intervals/).waitFor()
})

const readRefused = async () => {
  const read = await adminApi('GET', '/api/experiments/health-page/health')
  return (await read.json<ExperimentHealth>()).exposures.refused
}

it('Experiment page: says which exposures were refused and what to do about it', async () => {
  await draftExperiment('health-page')
  const launch = await adminApi('POST', '/api/experiments/health-page/launch', {})
  const { snapshotVersion } = await launch.json<{ snapshotVersion: number }>()
  const page = await openAs(browser, VIEWER, '/experiments/health-page')
  const health = page.getByRole('region', { name: 'Health' })
  await health
    .getByText('accepted in the last 24 hours')
    .or(health.getByText('Nothing arrived'))
    .waitFor()

  const exposure = { experimentKey: 'health-page', userId: 'u-health', variant: 'Z' }
  const exposures = ['1', '2'].map((id) => ({ ...exposure, id }))
  const path = `/v1/exposures?minVersion=${snapshotVersion}`
  const answer = await adminApi('POST', path, { exposures }, CLIENT)
  expect(await answer.json()).toMatchObject({ accepted: 0, rejected: [{}, {}] })
  await expect.poll(readRefused, { timeout: 20_000 }).toEqual({ UNKNOWN_VARIANT: 2 })

  await page.reload()
  await health.getByText('the experiment has no variant of that name').waitFor()
  await health.getByText('Compare the names in the app with the variants on this page.').waitFor()
  await page.context().close()
})
