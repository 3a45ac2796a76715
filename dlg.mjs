import chromium from '@sparticuz/chromium'
import { chromium as pw } from 'playwright-core'
const base = 'http://localhost:8801'
const b = await pw.launch({
  executablePath: await chromium.executablePath(),
  args: ['--no-sandbox'],
})
for (const [scheme, width] of [
  ['light', 1280],
  ['dark', 360],
]) {
  const c = await b.newContext({ viewport: { width, height: 820 }, colorScheme: scheme })
  const p = await c.newPage()
  const shot = (n) => p.screenshot({ path: `/tmp/shots/d-${n}-${width}.png` })
  p.on('pageerror', (e) => console.log('PAGEERROR', e.stack))
  p.on('console', (m) => m.type() === 'error' && console.log(m.text()))
  await c.request.post(base + '/api/session', {
    data: { token: `flags_admin_local` },
    headers: { Origin: base },
  })
  await p.goto(base + '/settings/flags')
  await p.getByRole('switch', { name: 'booking.enabled' }).click()
  await p.waitForTimeout(300)
  await shot('kill')
  await p.keyboard.type('x')
  await p.keyboard.press('Enter')
  await p.getByText('Live at the edge').waitFor()
  await shot('notice')
  await p.getByRole('button', { name: 'Undo' }).click()
  await p.waitForTimeout(600)
  await p.goto(base + '/settings/flags/feature.new_checkout')
  await p.getByRole('button', { name: '100 %' }).click()
  await p.getByRole('textbox', { name: 'Cities' }).fill('Pune')
  await p.keyboard.press('Enter')
  await p.getByRole('textbox', { name: 'User id' }).fill('u-42')
  await p.getByRole('button', { name: 'Ask the edge' }).click()
  await p.waitForTimeout(500)
  await shot('form')
  await p.getByRole('button', { name: 'Review and save' }).click()
  await p.waitForTimeout(300)
  await shot('review')
  await p.keyboard.press('Escape')
  await fetch(base + '/api/flags/feature.new_checkout', {
    method: 'PATCH',
    headers: { Authorization: 'Bearer flags_editor_local', 'Content-Type': 'application/json' },
    body: JSON.stringify({
      rollout: 30 + (width % 7),
      description: 'The one-page checkout, now ' + width,
    }),
  })
  await p.getByText('Someone was faster').first().waitFor()
  await p.evaluate('scrollTo(0,0)')
  await shot('conflict')
  await p.getByRole('button', { name: 'Discard' }).click()
  await p.goto(base + '/settings/keys')
  await p.getByRole('button', { name: 'New key' }).click()
  await p.waitForTimeout(300)
  await shot('newkey')
  await p.keyboard.type('k' + Math.random())
  await p.getByRole('radio', { name: /^server/ }).check()
  await p.keyboard.press('Enter')
  await p.getByText('I have it').waitFor()
  await shot('secret')
  await p.goto(base + '/audit')
  await p
    .getByRole('button', { name: /^Revert/ })
    .first()
    .click()
  await p.waitForTimeout(300)
  await shot('revert')
  await p.goto(base + '/settings/transfer')
  await p.getByLabel('File to import').setInputFiles({
    name: 'a.json',
    mimeType: 'application/json',
    buffer: Buffer.from(
      JSON.stringify({
        format: 'indietix-flags',
        version: 1,
        flags: [
          { key: 'checkout.enabled', killSwitch: true, enabled: false, rollout: 100 },
          { key: 'a.b', rollout: 3 },
        ],
      }),
    ),
  })
  await p.getByText('to change').waitFor()
  await p.screenshot({ path: `/tmp/shots/d-import-${width}.png`, fullPage: true })
  await c.close()
}
await b.close()
