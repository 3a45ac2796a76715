import { launchChromium } from './launch-chromium.ts'

/*
 * Takes the screenshots of the README from a running `npm start` with its demo data:
 *
 *   npm start
 *   npm run screenshots             (FLAGS_URL names another address than http://localhost:8787)
 */

const origin = process.env.FLAGS_URL ?? 'http://localhost:8787'
const target = new URL('../../docs/images', import.meta.url).pathname

/** Each file's name, the page's path, and a text that is on the page once it is complete. */
const PAGES = [
  ['flags', '/settings/flags', 'checkout.new_ui'],
  ['results', '/experiments/checkout-redesign', 'Difference'],
] as const

const browser = await launchChromium()
for (const scheme of ['light', 'dark'] as const) {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width: 1200, height: 620 },
    colorScheme: scheme,
  })
  await context.request.post('/api/session', {
    data: { token: 'flags_admin_local' },
    headers: { Origin: origin },
  })
  for (const [name, path, sign] of PAGES) {
    const page = await context.newPage()
    await page.goto(path)
    await page.getByText(sign).first().waitFor()
    await page.waitForTimeout(500)
    await page.screenshot({ path: `${target}/${name}-${scheme}.png` })
  }
}
await browser.close()
