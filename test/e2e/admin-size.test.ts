import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN } from '../support/credentials.ts'

const BUDGET_KB = 40

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** Every page, and what is on it when all of it was loaded. */
const PAGES = [
  ['/settings/flags', 'checkout.new_ui'],
  ['/settings/flags/checkout.new_ui', 'All changes, with what they changed'],
  ['/audit', 'created'],
  ['/settings/keys', 'local client'],
  ['/settings/transfer', 'Download flags'],
  ['/experiments', 'of the planned sample is in'],
  ['/experiments/checkout-redesign', 'The split was checked'],
  ['/experiments/new', 'Create draft'],
] as const

it.each(PAGES)('%s takes at most 40 kB of JavaScript and CSS, gzipped', async (path, sign) => {
  const page = await openAs(browser, ADMIN, '/icon.svg')
  const sizes: Promise<number>[] = []
  page.on('response', (answer) => {
    if (/\.(js|css)$/.test(new URL(answer.url()).pathname))
      sizes.push(answer.body().then((body) => gzipSync(body).length))
  })
  await page.goto(path)
  await page.getByText(sign).first().waitFor()
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1000
  console.log(
    `${path}: ${total.toFixed(1)} kB of ${BUDGET_KB} kB, gzipped, in ${sizes.length} files`,
  )
  expect(total).toBeLessThanOrEqual(BUDGET_KB)
})
