import type { Browser, BrowserContext, Page } from 'playwright-core'
import { getOrigin } from './origin.ts'

export { launchChromium } from './launch-chromium.ts'

export type Look = {
  readonly scheme?: 'light' | 'dark'
  readonly width?: number
  readonly as?: string
}

/** Opens a page in its own browser context, without the cookies of other tests. */
export const openPage = async (browser: Browser, { scheme, width = 1280 }: Look = {}) => {
  const context = await browser.newContext({
    baseURL: getOrigin(),
    viewport: { width, height: 900 },
    ...(scheme && { colorScheme: scheme }),
  })
  return context.newPage()
}

/** Signs in through the form. */
export const signIn = async (page: Page, token: string, path = '/settings/flags') => {
  await page.goto(path)
  await page.getByLabel('Admin token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
}

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>

/** Sessions by token. All pages of a test file share one, because sign-ins per minute are limited. */
const sessions = new Map<string, Promise<Cookies>>()

const openSession = async (browser: Browser, token: string): Promise<Cookies> => {
  const page = await openPage(browser)
  const answer = await page.request.post('/api/session', {
    data: { token },
    headers: { Origin: getOrigin() },
  })
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()} ${await answer.text()}`)
  return page.context().cookies()
}

/** Opens a page with the shared session of this token. Signing out ends it for all pages. */
export const openAs = async (browser: Browser, token: string, path: string, look: Look = {}) => {
  const page = await openPage(browser, look)
  const session = sessions.get(token) ?? openSession(browser, token)
  sessions.set(token, session)
  await page.context().addCookies(await session)
  await page.goto(path)
  return page
}
