// usage: node shot.mjs name path [token]
import chromium from '@sparticuz/chromium'
import { chromium as pw } from 'playwright-core'
const base = process.env.BASE ?? 'http://localhost:8801'
const b = await pw.launch({
  executablePath: await chromium.executablePath(),
  args: ['--no-sandbox'],
  headless: true,
})
const pages = process.argv.slice(2)
for (const scheme of ['light', 'dark'])
  for (const width of [360, 1280]) {
    const c = await b.newContext({
      viewport: { width, height: width === 360 ? 800 : 900 },
      colorScheme: scheme,
    })
    const p = await c.newPage()
    p.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(m.text()))
    p.on('pageerror', (e) => console.log('PAGEERROR', e.message))
    for (const spec of pages) {
      const [name, path, as] = spec.split('=')
      if (as !== 'none')
        await c.request.post(base + '/api/session', {
          data: { token: `flags_${as || 'admin'}_local` },
          headers: { Origin: base },
        })
      await p.goto(base + path)
      await p.waitForLoadState('load')
      await p.waitForTimeout(700)
      const over = await p.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (over > 0) console.log(name, scheme, width, 'OVERFLOW', over)
      await p.screenshot({ path: `/tmp/shots/${name}-${width}-${scheme}.png`, fullPage: true })
    }
    await c.close()
  }
await b.close()
