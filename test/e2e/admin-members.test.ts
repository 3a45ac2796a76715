import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { adminApi, listItems } from '../support/admin-api.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, VIEWER } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const readRole = async (email: string): Promise<string | undefined> => {
  const members = await listItems<{ email: string; role: string }>('/api/members')
  return members.find((member) => member.email === email)?.role
}

it('Members: are added, changed and removed by keyboard, each with a reason', async () => {
  const email = 'asha@example.com'
  const page = await openAs(browser, ADMIN, '/settings/keys')
  await page.getByRole('button', { name: 'Add member' }).press('Enter')
  await page.getByRole('dialog', { name: 'Add a member' }).waitFor()
  await page.keyboard.type('Asha@Example.com')
  await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const row = page.getByRole('row', { name: /asha@example\.com/ })
  await row.getByText('editor', { exact: true }).waitFor()
  expect(await readRole(email)).toBe('editor')

  await page.getByRole('button', { name: `Change the role of ${email}` }).click()
  const dialog = page.getByRole('dialog')
  expect(await dialog.getByRole('radio', { name: /^editor/ }).isChecked()).toBe(true)
  await dialog.getByRole('radio', { name: /^viewer/ }).check()
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('moved to another team')
  await dialog.getByRole('button', { name: 'Change role' }).click()
  await row.getByText('viewer', { exact: true }).waitFor()

  await page.getByRole('button', { name: `Remove ${email}` }).click()
  await dialog.getByText('loses access at once').waitFor()
  await dialog.getByRole('button', { name: 'Remove' }).click()
  await row.waitFor({ state: 'detached' })
  expect(await readRole(email)).toBeUndefined()

  await page.goto(`/audit?target=member:${email}`)
  await page.getByText('moved to another team').waitFor()
})

it('Members: refuse an invalid email address in the dialog', async () => {
  const page = await openAs(browser, ADMIN, '/settings/keys')
  await page.getByRole('button', { name: 'Add member' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Email' }).fill('a@b')
  await dialog.getByRole('radio', { name: /^viewer/ }).check()
  await dialog.getByRole('button', { name: 'Add' }).click()
  await dialog.getByRole('alert').getByText('email').waitFor()
})

it('Members: show the member of another admin without a reload', async () => {
  const page = await openAs(browser, ADMIN, '/settings/keys')
  await page.getByRole('button', { name: 'Add member' }).waitFor()
  await adminApi('PUT', '/api/members/live@example.com', { role: 'viewer' })
  await page.getByRole('row', { name: /live@example\.com/ }).waitFor()
  await adminApi('DELETE', '/api/members/live@example.com', {})
  await page.getByRole('row', { name: /live@example\.com/ }).waitFor({ state: 'detached' })
})

it('Members: are visible only to admins', async () => {
  const page = await openAs(browser, VIEWER, '/settings/keys')
  await page.getByText('Only admins see keys and members').waitFor()
  expect(await page.getByRole('table').count()).toBe(0)
})
