import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RowOutcome } from '../../schema/experiment-health.ts'
import { summarizeHealth } from '../../worker/experiments/health.ts'
import { countEvent, countExposure, createRowCounts } from '../../worker/experiments/row-counts.ts'
import { takeStep, draftExperiment } from '../support/admin-experiments.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN } from '../support/credentials.ts'
import { expectGoodLooks, HOSTILE, LOOKS, SCHEMES, WIDTHS } from '../support/looks.ts'

const LONG_KEY = `looks-${'long'.repeat(30)}`
const LONG_NAMES = ['first', 'second', 'third'].map((name) => ({
  name: `${name}${'x'.repeat(55)}`,
  weight: 1,
}))

/** Counts with every finding, and an event type without a place to break. */
const createFullHealth = (key: string) => {
  const counts = createRowCounts()
  for (const outcome of RowOutcome.options) {
    countExposure(counts, key, outcome)
    countExposure(counts, undefined, outcome)
    countEvent(counts, 'booking_confirmed', outcome)
  }
  countEvent(counts, 'x'.repeat(64), 'ACCEPTED')
  return { counts, since: Date.UTC(2026, 10, 28) }
}

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
  await draftExperiment(LONG_KEY, { description: HOSTILE, variants: LONG_NAMES })
  await draftExperiment('looks-launched', { description: HOSTILE, variants: LONG_NAMES })
  await takeStep('looks-launched', 'launch')
})
afterAll(() => browser.close())

/** Every page, with a text that shows that it is complete. */
const PAGES = [
  ['/experiments', 'of the planned sample is in'],
  ['/experiments?search=nothing', 'No experiment matches'],
  ['/experiments/checkout-redesign', 'The split was checked'],
  ['/experiments/looks-launched', 'Waiting for the first user'],
  [`/experiments/${LONG_KEY}`, 'All changes of this experiment'],
  ['/experiments/missing', 'There is no such experiment'],
  ['/experiments/new', 'Create draft'],
] as const

/** A page is loaded once a width, since only its style sheet knows the color scheme. */
describe.each(WIDTHS)('Experiment pages at %i px', (width) => {
  describe.each(PAGES)('%s', (path, sign) => {
    let page: Page
    beforeAll(async () => {
      page = await openAs(browser, ADMIN, path, { width })
      await page.getByText(sign).first().waitFor()
    })
    afterAll(() => page.context().close())

    it.each(SCHEMES)('passes axe and fits the window in %s', async (colorScheme) => {
      await page.emulateMedia({ colorScheme })
      const query = `matchMedia('(prefers-color-scheme: ${colorScheme})').matches`
      expect(await page.evaluate(query)).toBe(true)
      await expectGoodLooks(page)
    })
  })
})

describe.each(LOOKS)('Experiment pages in $scheme at $width px', (look) => {
  it('pass axe and fit the window with an alarm and with long variant names', async () => {
    const page = await openAs(browser, ADMIN, '/experiments', look)
    await page.route('**/looks-launched/metrics*', async (route) => {
      const answer = await page.request.get('/api/experiments/checkout-redesign/metrics')
      const text = await answer.text()
      const [first, second] = LONG_NAMES.map(({ name }) => JSON.stringify(name))
      const renamed = text.replaceAll('"A"', first ?? '').replaceAll('"B"', second ?? '')
      await route.fulfill({ body: renamed, contentType: 'application/json' })
    })
    await page.route('**/checkout-redesign/metrics*', async (route) => {
      const metrics = await (await route.fetch()).json()
      metrics.analysis.sampleRatio = {
        status: 'mismatch',
        chiSquare: 52.6,
        degreesOfFreedom: 1,
        pValue: 4e-13,
        reason: null,
      }
      metrics.analysis.verdict = { kind: 'sample_ratio_mismatch' }
      await route.fulfill({ json: metrics })
    })
    const { counts, since } = createFullHealth('looks-launched')
    await page.route('**/looks-launched/health', (route) =>
      route.fulfill({ json: summarizeHealth('looks-launched', counts, since) }),
    )
    await page.getByRole('link', { name: 'looks-launched' }).click()
    await page.getByRole('img', { name: 'Conversion rate' }).waitFor()
    await page.getByText('Did you mean booking.confirmed?').waitFor()
    await expectGoodLooks(page)
    await page.goto('/experiments/checkout-redesign')
    await page.getByText('Do not trust these results').waitFor()
    await expectGoodLooks(page)
    await page.context().close()
  })

  it('pass axe and fit the window with dialogs and the form open', async () => {
    const page = await openAs(browser, ADMIN, '/experiments/looks-launched', look)
    for (const name of ['Pause', 'Stop']) {
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('dialog').waitFor()
      await expectGoodLooks(page)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await page.goto(`/experiments/${LONG_KEY}`)
    await page.getByRole('button', { name: 'Launch' }).click()
    await page.getByRole('dialog').waitFor()
    await expectGoodLooks(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByRole('button', { name: 'Nothing to save' }).waitFor()
    await expectGoodLooks(page)
    await page.context().close()
  })
})

it('Experiment list: leaves room for every column on a tablet', async () => {
  const page = await openAs(browser, ADMIN, '/experiments', { width: 768 })
  const link = page.getByRole('link', { name: 'checkout-redesign' })
  await link.waitFor()
  const box = await link.boundingBox()
  expect(box?.height).toBeLessThan(30)
  await page.context().close()
})

it('Experiment page: shows HTML in a description as text', async () => {
  const page = await openAs(browser, ADMIN, `/experiments/${LONG_KEY}`)
  await page.getByText('<img src=x onerror').first().waitFor()
  expect(await page.locator('script:not([src])').count()).toBe(0)
  expect(await page.title()).not.toBe('owned')
})

it('Experiment page: creates, launches and pauses an experiment by keyboard', async () => {
  const page = await openAs(browser, ADMIN, '/experiments')
  await page.getByRole('link', { name: 'New experiment' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'New experiment' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.type('by-keyboard')
  await page.keyboard.press('Enter')
  const launch = page.getByRole('button', { name: 'Launch' })
  await launch.waitFor()
  await expect.poll(() => page.locator(':focus').textContent()).toBe('by-keyboard')
  await page.keyboard.press('Tab')
  await expect.poll(() => page.locator(':focus').textContent()).toBe('Launch')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => page.locator(':focus').textContent()).toBe('Launch')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('Running', { exact: true }).waitFor()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => page.locator(':focus').textContent()).toBe('by-keyboard')
  await page.keyboard.press('Tab')
  await expect.poll(() => page.locator(':focus').textContent()).toBe('Pause')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('Paused', { exact: true }).waitFor()
})

it('Dialog: opens again when Enter follows Escape or Cancel at once', async () => {
  await draftExperiment('opened-again')
  const page = await openAs(browser, ADMIN, '/experiments/opened-again')
  const reason = page.getByRole('dialog').getByRole('textbox', { name: 'Reason' })
  await page.getByRole('button', { name: 'Launch' }).focus()
  await page.keyboard.press('Enter')
  for (let time = 0; time < 5; time++) {
    await reason.waitFor()
    await Promise.all([page.keyboard.press('Escape'), page.keyboard.press('Enter')])
    await reason.waitFor()
    await page.getByRole('button', { name: 'Cancel' }).focus()
    await Promise.all([page.keyboard.press('Enter'), page.keyboard.press('Enter')])
  }
  await reason.waitFor()
})

it('Experiment list: offers to try again when the server cannot be reached', async () => {
  const page = await openAs(browser, ADMIN, '/experiments')
  await page.getByRole('link', { name: 'checkout-redesign' }).waitFor()
  await page.route('**/api/experiments*', (route) => route.abort())
  // Other test files change data, and the stream then loads the list by itself.
  await page.route('**/api/stream', (route) => route.abort())
  await page.reload()
  await page.getByRole('alert').getByText('The server cannot be reached').waitFor()
  await page.unroute('**/api/experiments*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('link', { name: 'checkout-redesign' }).waitFor()
})
