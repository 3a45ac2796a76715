import { source } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** How every page is looked at. */
export const LOOKS = (['light', 'dark'] as const).flatMap((scheme) =>
  [360, 1280].map((width) => ({ scheme, width })),
)

/** Markup, a word that does not break and letters from right to left: nearly as long as a text may be. */
export const HOSTILE = `<img src=x onerror="document.title='owned'">${'x'.repeat(800)} ${'שלום עולם '.repeat(15)}`

type Violation = { id: string; nodes: { html: string; failureSummary: string }[] }

/** What axe finds, short enough to read in a failed test. The script comes through the debugger: CSP bars it elsewhere. */
export const violationsOn = async (page: Page) => {
  await page.evaluate(source)
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()')
  return violations.map(({ id, nodes }) => ({
    id,
    at: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`),
  }))
}

/** The page is accessible and as wide as the window, and hostile text is shown as text. */
export const expectGoodLooks = async (page: Page) => {
  expect(await violationsOn(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0)
  expect(await page.title()).not.toBe('owned')
  expect(await page.locator('main img:not([role])').count()).toBe(0)
}
