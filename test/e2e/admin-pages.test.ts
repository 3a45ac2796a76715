import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINKS, PAGES } from '../../admin-ui/page-table.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN } from '../support/credentials.ts'
import { readUiSize, UI_LIMITS } from '../support/ui-size.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

describe('admin UI', () => {
  it.each(Object.values(PAGES).map(({ path }) => path.replace(':key', 'no-such-key')))(
    'draws a page at %s and marks its link in the navigation',
    async (path) => {
      const page = await openAs(browser, ADMIN, path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const title = await page.getByRole('heading', { level: 1 }).textContent()
      expect(title).not.toBe('Page not found')
      expect(await page.title()).toBe(`${title} · local · IndieTix Flags`)
      expect(await page.locator('nav [aria-current="page"]').count()).toBe(1)
      await page.context().close()
    },
  )

  it('opens every page of the navigation without loading the document again', async () => {
    const page = await openAs(browser, ADMIN, '/settings/flags')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.evaluate('window.isSameDocument = true')
    for (const { link, path } of LINKS.toReversed()) {
      await page.getByRole('navigation').getByRole('link', { name: link }).click()
      await page.locator(`nav a[href="${path}"][aria-current="page"]`).waitFor()
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    expect(await page.evaluate('window.isSameDocument')).toBe(true)
    await page.context().close()
  })

  it('says what to do when the script of a page cannot be loaded', async () => {
    const page = await openAs(browser, ADMIN, '/settings/flags')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.route('**/assets/audit*.js', (route) => route.abort())
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByRole('heading', { name: 'This page did not load' }).waitFor()
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Load again' }).click()
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    await page.context().close()
  })

  it('loads flags and kill switches with at most 45 kB of script', () =>
    expect(readUiSize().firstScript).toBeLessThanOrEqual(UI_LIMITS.firstScript))

  it('has at most 140 kB of scripts and styles', () =>
    expect(readUiSize().whole).toBeLessThanOrEqual(UI_LIMITS.whole))
})
