import chromium from '@sparticuz/chromium'
import { chromium as pw } from 'playwright-core'
import { writeFileSync } from 'node:fs'
const [out, w, ...files] = process.argv.slice(2)
writeFileSync(
  '/tmp/shots/sheet.html',
  `<body style="margin:0;background:#888;display:flex;flex-wrap:wrap;gap:8px">${files.map((f) => `<img src="${f}.png" style="width:${w}px;height:fit-content">`).join('')}`,
)
const b = await pw.launch({
  executablePath: await chromium.executablePath(),
  args: ['--no-sandbox', '--allow-file-access-from-files'],
})
const p = await b.newPage({ viewport: { width: 1480, height: 700 } })
await p.goto('file:///tmp/shots/sheet.html')
await p.waitForTimeout(300)
await p.screenshot({ path: `/tmp/shots/${out}.png`, fullPage: true })
await b.close()
