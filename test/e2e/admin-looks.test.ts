import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { adminApi, putFlag } from '../support/admin-api.ts'
import { launchChromium, openAs, openPage, signIn } from '../support/chromium.ts'
import { ADMIN } from '../support/credentials.ts'
import { expectGoodLooks, HOSTILE, LOOKS, violationsOn } from '../support/looks.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
  await putFlag('looks.off', { killSwitch: true, rollout: 50, rules: { roles: ['A'] } })
  await putFlag('looks.hostile', { description: 'fine', enabled: true, rollout: 20 })
  await putFlag(`looks.${'long'.repeat(30)}`, { description: HOSTILE, rollout: 60 })
  await putFlag('looks.hostile', {
    description: HOSTILE,
    enabled: true,
    rollout: 20,
    killSwitch: true,
    rules: { cities: [HOSTILE.slice(0, 250), 'עיר'], denyList: ['<script>alert(1)</script>'] },
    comment: HOSTILE,
  })
  await adminApi('POST', '/api/keys', { name: HOSTILE.slice(0, 100), kind: 'viewer' })
})
afterAll(() => browser.close())

/** Every page, and what must be on it before it is looked at. */
const PAGES = [
  ['/settings/flags', 'looks.hostile'],
  ['/settings/flags?search=nothing', 'No flag matches'],
  ['/settings/flags/looks.hostile', 'All changes'],
  ['/settings/flags/looks.missing', 'There is no such flag'],
  ['/settings/new-flag', 'Review and create'],
  ['/audit?target=flag:looks.hostile', '<img src=x onerror'],
  ['/settings/keys', 'local client'],
  ['/settings/transfer', 'Download flags'],
  ['/settings/nowhere', 'There is no such page'],
] as const

describe.each(LOOKS)('in $scheme at $width px', (look) => {
  it.each(PAGES)('%s is accessible and as wide as the window', async (path, sign) => {
    const page = await openAs(browser, ADMIN, path, look)
    await page.getByText(sign).first().waitFor()
    await expectGoodLooks(page)
    await page.context().close()
  })

  it('signing in is, too', async () => {
    const page = await openPage(browser, look)
    await page.goto('/settings/flags')
    await page.getByLabel('Admin token').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    await expectGoodLooks(page)
    await page.context().close()
  })

  it('dialogs, a conflict and notices are, too', async () => {
    const key = `looks.busy-${look.scheme}-${look.width}`
    await putFlag(key, { rollout: 10 })
    const page = await openAs(browser, ADMIN, `/settings/flags/${key}`, look)
    await page.getByRole('button', { name: '100 %' }).click()
    await page.getByText('straight to').waitFor()
    await page.getByRole('button', { name: 'Review and save' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await violationsOn(page)).toEqual([])
    await page.keyboard.press('Escape')
    await putFlag(key, { rollout: 20, description: HOSTILE })
    await page.getByRole('heading', { name: 'Someone was faster' }).waitFor()
    await expectGoodLooks(page)
    await page.getByRole('button', { name: 'Keep yours' }).click()
    await page.getByRole('button', { name: 'Review and save' }).click()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Live at the edge').waitFor()
    await expectGoodLooks(page)
    await page.context().close()
  })
})

it('hostile text is shown as text', async () => {
  const page = await openAs(browser, ADMIN, '/audit?target=flag:looks.hostile')
  await page.getByText('<img src=x onerror').first().waitFor()
  expect(await page.locator('img').count()).toBe(0)
  expect(await page.locator('script:not([src])').count()).toBe(0)
})

it('pages carry a policy that allows no inline script, no other origin and no frame', async () => {
  const { headers } = await fetch(`${inject('origin')}/settings/flags/any.flag`)
  const policy = headers.get('Content-Security-Policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
})

it('a page that loses the server says so and keeps what it had', async () => {
  const page = await openAs(browser, ADMIN, '/settings/flags')
  await page.getByRole('switch', { name: 'looks.off' }).waitFor()
  await page.context().setOffline(true)
  await page.route('**/api/**', (route) => route.abort())
  await page
    .getByRole('row', { name: /looks\.long/ })
    .getByRole('switch')
    .click()
  // The list may say it for itself, when another test's change was on its way just then.
  const happened = page.getByRole('status', { name: 'What just happened' })
  await happened.getByRole('alert').getByText('The server cannot be reached').waitFor()
  await page.getByRole('switch', { name: 'looks.off' }).waitFor()
})

it('a page that is opened while the stream is down shows what there is, and says that it is offline', async () => {
  const page = await openPage(browser)
  await page.route('**/api/stream', (route) => route.abort())
  await signIn(page, ADMIN, '/settings/flags')
  await page.getByText('Offline: changes by others do not arrive').waitFor()
  await page.getByRole('switch', { name: 'looks.off' }).waitFor()
  await page.getByRole('link', { name: 'Experiments' }).click()
  await page.getByRole('link', { name: 'checkout-redesign' }).waitFor()
  await putFlag('looks.meanwhile', {})
  await page.unroute('**/api/stream')
  await page.getByText('Live', { exact: false }).waitFor()
  await page.getByRole('link', { name: 'Flags', exact: true }).click()
  await page.getByRole('switch', { name: 'looks.meanwhile' }).waitFor()
})
