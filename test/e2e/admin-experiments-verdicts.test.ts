import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN } from '../support/credentials.ts'
import { countDays, countRow, openResults, today } from '../support/open-results.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const CLEAR = countDays(20, 10, [500, 50], [500, 90])
const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.5, power: 0.8, alpha: 0.05 }
const weighted = (a: number, b: number) => [
  { name: 'A', weight: a },
  { name: 'B', weight: b },
]
const PHASES = [
  { phase: 1, startedAt: Date.UTC(2026, 10, 1, 9, 30), variants: weighted(9, 1) },
  { phase: 2, startedAt: Date.UTC(2026, 10, 11, 9, 30), variants: weighted(1, 9) },
]

it('Results: say that a range is a part, which part, and that it has no verdict', async () => {
  const page = await openResults(browser, {
    rows: CLEAR,
    experiment: { plan: PLAN },
    scope: { from: '2026-11-10T00:00:00.000Z', to: '2026-11-13T00:00:00.000Z' },
    query: '?from=2026-11-10&to=2026-11-12',
  })
  await page.getByRole('heading', { name: 'No verdict on a part of the results' }).waitFor()
  const range = 'from 2026-11-10 00:00 UTC to 2026-11-13 00:00 UTC'
  await page.getByText(`This is a part of the results: users who came ${range}.`).waitFor()
  expect(await page.getByText('sells better').count()).toBe(0)
  const link = page.getByRole('link', { name: 'Export results CSV' })
  expect(await link.getAttribute('href')).toContain('from=2026-11-10')
  await page.getByRole('button', { name: 'Show the whole experiment' }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('')
})

it('Results: ask the server for the chosen days, the last one included', async () => {
  const page = await openAs(browser, ADMIN, '/experiments/checkout-redesign')
  await page.getByRole('table', { name: 'Counts of each variant' }).waitFor()
  const asked = page.waitForRequest(/metrics\?.*to=2026-11-20T00%3A00%3A00/)
  await page.getByLabel('Last day (UTC)').fill('2026-11-19')
  await asked
  await page.getByRole('heading', { name: 'No verdict on a part of the results' }).waitFor()
})

it('Results: say how many users have had their 7 days, and leave the chart over time out', async () => {
  const page = await openResults(browser, {
    rows: countDays(3, 2, [500, 50], [500, 90]),
    experiment: { plan: PLAN },
  })
  await page
    .getByText(/^0 of 2,000.users have had their 7.days\. Only they make a verdict\./)
    .waitFor()
  await page.getByRole('heading', { name: /the first users still have time to book/ }).waitFor()
  await page.getByText('There is no chart over time yet.').waitFor()
  expect(await page.getByRole('img', { name: 'B − A over time' }).count()).toBe(0)
})

it('Results: say which users make a difference and which make a rate', async () => {
  const page = await openResults(browser, { rows: CLEAR, experiment: { plan: PLAN } })
  await page.getByRole('heading', { name: 'B sells better than A', exact: true }).waitFor()
  await page.getByText('Differences count only users with complete windows').waitFor()
  await page.getByText('Users with complete windows, in percentage points').waitFor()
})

it('Results: say how many days are in when the minimum duration is not over', async () => {
  const page = await openResults(browser, {
    rows: countDays(20, 3, [5_000, 500], [5_000, 900]),
    experiment: { plan: PLAN },
  })
  await page.getByRole('heading', { name: /No verdict yet: 3 of 7.days are in/ }).waitFor()
  await page.getByText(/^3 of 7.days of the minimum duration/).waitFor()
})

it('Results: call a difference without a plan unplanned', async () => {
  const page = await openResults(browser, { rows: CLEAR, experiment: { plan: null } })
  const heading = page.getByRole('heading', { name: 'Unplanned: B sells better than A so far' })
  await heading.waitFor()
  expect(await page.locator('.card[data-tone=open]').count()).toBe(1)
  await page.getByText('To be sure, launch a new experiment with a plan.').waitFor()
})

it('Results: show the phases with their start, weights, users and split', async () => {
  const rows = [
    ...countDays(28, 8, [900, 36], [100, 4]),
    ...countDays(18, 8, [100, 25], [900, 225], 2),
  ]
  const page = await openResults(browser, {
    rows,
    experiment: { plan: PLAN, variants: weighted(1, 9) },
    scope: { phases: PHASES },
  })
  const table = page.getByRole('table', { name: 'Phases' })
  await table.waitFor()
  const cells = await table.getByRole('row', { name: /^1/ }).getByRole('cell').allTextContents()
  expect(cells).toEqual([
    expect.stringContaining('2026'),
    'A 90\u00a0%, B 10\u00a0%',
    '8,000',
    '8,000',
    'fits the weights',
  ])
  await page.getByText('Rates mix the phases').waitFor()
  await page.getByText('2 phases were compared each for itself, then combined.').waitFor()
})

it('Results: show the phase whose split does not fit in the alarm', async () => {
  const rows = [
    ...countDays(28, 8, [900, 36], [100, 4]),
    ...countDays(18, 8, [300, 25], [700, 225], 2),
  ]
  const page = await openResults(browser, {
    rows,
    experiment: { plan: PLAN, variants: weighted(1, 9) },
    scope: { phases: PHASES },
  })
  await page.getByRole('table', { name: 'Assigned and expected users in phase 2' }).waitFor()
  await page.getByRole('alert').getByText('Phase 2', { exact: true }).waitFor()
  expect(await page.getByRole('table', { name: /expected users in phase 1/ }).count()).toBe(0)
})

it('Results: offer another baseline as exploration, no verdict', async () => {
  const variants = [...weighted(50, 50), { name: 'C', weight: 50 }]
  const rows = [
    ...CLEAR,
    ...CLEAR.filter(({ variant }) => variant === 'B').map((row) => ({ ...row, variant: 'C' })),
  ]
  const page = await openResults(browser, {
    rows,
    experiment: { plan: PLAN, variants },
    scope: { baseline: 'B' },
    query: '?baseline=B',
  })
  await page.getByRole('heading', { name: /this compares with B, not with the control/ }).waitFor()
  await page.getByText(/^Exploration, no verdict\./).waitFor()
  await page.getByRole('img', { name: 'Difference to B', exact: true }).waitFor()
  const select = page.getByLabel('Compare with')
  expect(await select.locator('option').allTextContents()).toContain('B (exploration, no verdict)')
  await select.selectOption({ label: 'A (control)' })
  await expect.poll(() => new URL(page.url()).search).toBe('')
})

it('Results: say that a control of weight 0 is nothing to compare with', async () => {
  const page = await openResults(browser, {
    rows: [countRow(today() - 20, 'B', 900, 90)],
    experiment: { variants: weighted(0, 1) },
  })
  await page.getByRole('heading', { name: 'No verdict: the control gets no users' }).waitFor()
  await page.getByText('There is no comparison to show.').waitFor()
})

it('Experiment form: says when the plan is fixed, and takes whole days', async () => {
  const page = await openAs(browser, ADMIN, '/experiments/new')
  const plan = page.getByRole('group', { name: 'Plan' })
  await plan.getByText('The first launch fixes the plan.').waitFor()
  await plan.getByLabel('Minimum duration, days').fill('3.5')
  await plan.getByText('Minimum duration must be a whole number between 1 and 90 days.').waitFor()
})

it('Results: list the days of a zone, and cut a range at its midnight', async () => {
  const page = await openAs(browser, ADMIN, '/experiments/checkout-redesign?zone=Asia/Kolkata')
  await page.getByText('Days of Asia/Kolkata.').waitFor()
  const asked = page.waitForRequest(/metrics\?.*from=2026-11-18T18%3A30%3A00/)
  await page.getByLabel('First day (Asia/Kolkata)').fill('2026-11-19')
  await asked
  await page.getByLabel('Days of').selectOption('UTC')
  await page.getByText('Days of UTC.').waitFor()
  expect(new URL(page.url()).searchParams.has('zone')).toBe(false)
})
