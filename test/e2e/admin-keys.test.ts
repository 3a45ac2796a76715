import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { adminApi, listItems } from '../support/admin-api.ts'
import { launchChromium, openAs, openPage, signIn } from '../support/chromium.ts'
import { ADMIN, EDITOR } from '../support/credentials.ts'
import { getOrigin } from '../support/origin.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const evaluateWith = (key: string) =>
  fetch(`${getOrigin()}/v1/flags/evaluate`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: '{"context":{}}',
  })

it('Keys: creates a key by keyboard, shows it once, and refuses it after it is revoked', async () => {
  const page = await openAs(browser, ADMIN, '/settings/keys')
  await page.getByRole('button', { name: 'New key' }).press('Enter')
  await page.getByRole('dialog', { name: 'New key' }).waitFor()
  await page.keyboard.type('ticket shop')
  await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const field = page.getByRole('textbox', { name: 'The new key' })
  const secret = await field.inputValue()
  expect(secret).toMatch(/^flags_server_[0-9a-f]{64}$/)
  expect((await evaluateWith(secret)).status).toBe(200)
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row', { name: /ticket shop server/ }).waitFor()
  await page.getByRole('columnheader', { name: 'Last used' }).waitFor()
  expect(await page.content()).not.toContain(secret)
  await page.getByRole('button', { name: 'Revoke ticket shop' }).click()
  await page.getByRole('dialog').getByText('refused within seconds').waitFor()
  await page.getByRole('button', { name: 'Revoke', exact: true }).click()
  await page.getByRole('row', { name: /ticket shop.*revoked/ }).waitFor()
  await expect.poll(async () => (await evaluateWith(secret)).status, { timeout: 30_000 }).toBe(401)
})

it('Keys: creates a client key with origins and the trust in roles', async () => {
  const page = await openAs(browser, ADMIN, '/settings/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('web shop')
  await dialog.getByRole('textbox', { name: 'Origins' }).fill('https://shop.example')
  await dialog.getByRole('checkbox', { name: /Trust the role a client sends/ }).check()
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('textbox', { name: 'The new key' }).waitFor()
  const keys = await listItems<{ name: string }>('/api/keys')
  expect(keys.find(({ name }) => name === 'web shop')).toMatchObject({
    kind: 'client',
    origins: ['https://shop.example'],
    trustsRole: true,
  })
})

it('Keys: refuse an invalid origin in the dialog, and ask a server key for none', async () => {
  const page = await openAs(browser, ADMIN, '/settings/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('no origin')
  await dialog.getByRole('textbox', { name: 'Origins' }).fill('shop')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByRole('alert').getByText('use an origin as browsers send it').waitFor()
  await dialog.getByRole('radio', { name: /^server/ }).check()
  await dialog.getByRole('textbox', { name: 'Origins' }).waitFor({ state: 'detached' })
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('textbox', { name: 'The new key' }).waitFor()
})

it('Keys: refuse a name that is taken, in the dialog', async () => {
  const page = await openAs(browser, ADMIN, '/settings/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('local client')
  await page.getByRole('radio', { name: /^client/ }).check()
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('alert').getByText('there is a key named').waitFor()
})

it('Keys: sign the holder of a revoked token out', async () => {
  const made = await adminApi('POST', '/api/keys', { name: 'leaver', kind: 'editor' })
  const { secret, key } = await made.json<{ secret: string; key: { id: string } }>()
  const page = await openPage(browser)
  await signIn(page, secret)
  await page.getByText('leaver').waitFor()
  await adminApi('DELETE', `/api/keys/${key.id}`, {})
  await page.getByText('Your session has ended. Sign in to continue.').waitFor()
})

it('Keys: are visible only to admins', async () => {
  const page = await openAs(browser, EDITOR, '/settings/keys')
  await page.getByText('Only admins see keys and members').waitFor()
  expect(await page.getByRole('button', { name: 'New key' }).isDisabled()).toBe(true)
})
