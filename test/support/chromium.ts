import sparticuz from '@sparticuz/chromium'
import { chromium, type Browser, type Page } from 'playwright-core'
import { inject } from 'vitest'

/** On Linux a Chromium that npm brought, which needs no system package; elsewhere the Chrome that is installed. */
export const launchChromium = async (): Promise<Browser> =>
  process.platform === 'linux'
    ? chromium.launch({
        executablePath: await sparticuz.executablePath(),
        // Chromium's sandbox refuses to run as root, which containers and CI do.
        args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
      })
    : chromium.launch({ channel: 'chrome' })

export type Look = {
  readonly scheme?: 'light' | 'dark'
  readonly width?: number
  readonly as?: string
}

/** A page in a browser of its own: no cookies of others. */
export const openPage = async (browser: Browser, { scheme, width = 1280 }: Look = {}) => {
  const context = await browser.newContext({
    baseURL: inject('origin'),
    viewport: { width, height: 900 },
    ...(scheme && { colorScheme: scheme }),
  })
  return context.newPage()
}

/** Signs in by hand, as people do. */
export const signIn = async (page: Page, token: string, path = '/settings/flags') => {
  await page.goto(path)
  await page.getByLabel('Admin token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
}

/** Opens a page of the UI, signed in. */
export const openAs = async (browser: Browser, token: string, path: string, look: Look = {}) => {
  const page = await openPage(browser, look)
  const session = await page.request.post('/api/session', {
    data: { token },
    headers: { Origin: inject('origin') },
  })
  if (!session.ok()) throw new Error(`signing in: ${session.status()} ${await session.text()}`)
  await page.goto(path)
  return page
}
