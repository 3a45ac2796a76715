import { source } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** The widths and color schemes of the visual checks. */
export const WIDTHS = [360, 1280] as const
export const SCHEMES = ['light', 'dark'] as const
export const LOOKS = SCHEMES.flatMap((scheme) => WIDTHS.map((width) => ({ scheme, width })))

/** HTML, a word that does not break and right-to-left letters, nearly as long as a text may be. */
export const HOSTILE = `<img src=x onerror="document.title='owned'">${'x'.repeat(800)} ${'שלום עולם '.repeat(15)}`

type Violation = { id: string; nodes: { html: string; failureSummary: string }[] }

/** Findings of other kinds would cost half of the time. */
const OPTIONS = `{ resultTypes: ['violations'] }`

/** Runs axe and shortens its findings. The script is evaluated by the debugger, because the CSP blocks other ways. */
export const findViolations = async (page: Page) => {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(source)
  const { violations } = await page.evaluate<{ violations: Violation[] }>(`axe.run(${OPTIONS})`)
  return violations.map(({ id, nodes }) => ({
    id,
    at: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`),
  }))
}

/** Expects that axe finds nothing, that the page fits the window, and that HTML in a text is shown as text. */
export const expectGoodLooks = async (page: Page) => {
  expect(await findViolations(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0)
  expect(await page.title()).not.toBe('owned')
  expect(await page.locator('main img:not([role])').count()).toBe(0)
}
