import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adminApi, putFlag } from '../support/admin-api.ts'
import { launchChromium, openAs, openPage, signIn } from '../support/chromium.ts'
import { ADMIN } from '../support/credentials.ts'
import {
  expectGoodLooks,
  findViolations,
  HOSTILE,
  LOOKS,
  SCHEMES,
  WIDTHS,
} from '../support/looks.ts'
import { getOrigin } from '../support/origin.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
  await adminApi('PUT', '/api/segments/looks.segment', {
    description: HOSTILE,
    include: [HOSTILE.slice(0, 250), 'עיר', '<script>alert(1)</script>'],
    exclude: ['u-1'],
    conditions: [{ attribute: 'plan', operator: 'in', values: [HOSTILE.slice(0, 250), 1] }],
  })
  await putFlag('looks.off', { killSwitch: true, rollout: 50, rules: { roles: ['A'] } })
  await putFlag('looks.hostile', { description: 'fine', enabled: true, rollout: 20 })
  await putFlag(`looks.${'long'.repeat(30)}`, { description: HOSTILE, rollout: 60 })
  await putFlag('looks.hostile', {
    description: HOSTILE,
    enabled: true,
    rollout: 20,
    killSwitch: true,
    rules: {
      cities: [HOSTILE.slice(0, 250), 'עיר'],
      denyList: ['<script>alert(1)</script>'],
      where: [{ operator: 'inSegment', values: ['looks.segment'] }],
    },
    comment: HOSTILE,
  })
  await adminApi('POST', '/api/keys', { name: HOSTILE.slice(0, 100), kind: 'viewer' })
})
afterAll(() => browser.close())

/** Every page, with a text that shows that it is complete. */
const PAGES = [
  ['/settings/flags', 'looks.hostile'],
  ['/settings/flags?search=nothing', 'No flag matches'],
  ['/settings/flags/looks.hostile', 'All changes'],
  ['/settings/flags/looks.missing', 'There is no such flag'],
  ['/settings/new-flag', 'Review and create'],
  ['/settings/segments', 'looks.segment'],
  ['/settings/segments/looks.segment', 'All changes'],
  ['/settings/segments/looks.missing', 'There is no such segment'],
  ['/settings/new-segment', 'Review and create'],
  ['/audit?target=flag:looks.hostile', '<img src=x onerror'],
  ['/settings/keys', 'local client'],
  ['/settings/transfer', 'Download flags'],
  ['/settings/nowhere', 'There is no such page'],
] as const

/** A page is loaded once a width, since only its style sheet knows the color scheme. */
describe.each(WIDTHS)('Pages at %i px', (width) => {
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

describe.each(LOOKS)('Pages in $scheme at $width px', (look) => {
  it('pass axe and fit the window before sign-in', async () => {
    const page = await openPage(browser, look)
    await page.goto('/settings/flags')
    await page.getByLabel('Admin token').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await expectGoodLooks(page)
    await page.context().close()
  })

  it('pass axe and fit the window with dialogs, a conflict and notices', async () => {
    const key = `looks.busy-${look.scheme}-${look.width}`
    await putFlag(key, { rollout: 10 })
    const page = await openAs(browser, ADMIN, `/settings/flags/${key}`, look)
    await page.getByRole('button', { name: '100 %' }).click()
    await page.getByText('straight to').waitFor()
    await page.getByRole('button', { name: 'Review and save' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await findViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await putFlag(key, { rollout: 20, description: HOSTILE })
    await page
      .getByRole('heading', { name: 'This flag was saved while you were editing' })
      .waitFor()
    await expectGoodLooks(page)
    await page.getByRole('button', { name: 'Keep yours' }).click()
    await page.getByRole('button', { name: 'Review and save' }).click()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Live at the edge').waitFor()
    await expectGoodLooks(page)
    await page.context().close()
  })
})

it('Audit page: shows HTML in a reason as text', async () => {
  const page = await openAs(browser, ADMIN, '/audit?target=flag:looks.hostile')
  await page.getByText('<img src=x onerror').first().waitFor()
  expect(await page.locator('img').count()).toBe(0)
  expect(await page.locator('script:not([src])').count()).toBe(0)
})

it('Pages: carry a policy without inline scripts, other origins and frames', async () => {
  const { headers } = await fetch(`${getOrigin()}/settings/flags/any.flag`)
  const policy = headers.get('Content-Security-Policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
})

it('Flags page: keeps its list and says so when it loses the server', async () => {
  const page = await openAs(browser, ADMIN, '/settings/flags')
  await page.getByRole('switch', { name: 'looks.off' }).waitFor()
  await page.context().setOffline(true)
  await page.route('**/api/**', (route) => route.abort())
  await page
    .getByRole('row', { name: /looks\.long/ })
    .getByRole('switch')
    .click()
  // The list may show the same error when another test has just changed a flag.
  const happened = page.getByRole('status', { name: 'What just happened' })
  await happened.getByRole('alert').getByText('The server cannot be reached').waitFor()
  await page.getByRole('switch', { name: 'looks.off' }).waitFor()
})

it('Flags page: shows the list and says that it is offline when the stream is down', async () => {
  const page = await openPage(browser)
  await page.route('**/api/stream', (route) => route.abort())
  await signIn(page, ADMIN, '/settings/flags')
  await page.getByText('Offline. Changes by others do not arrive').waitFor()
  await page.getByRole('switch', { name: 'looks.off' }).waitFor()
  await page.getByRole('link', { name: 'Experiments' }).click()
  await page.getByRole('link', { name: 'checkout-redesign' }).waitFor()
  await putFlag('looks.meanwhile', {})
  await page.unroute('**/api/stream')
  await page.getByText('Live', { exact: false }).waitFor()
  await page.getByRole('link', { name: 'Flags', exact: true }).click()
  await page.getByRole('switch', { name: 'looks.meanwhile' }).waitFor()
})
