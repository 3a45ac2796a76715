import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { launchChromium, openAs, openPage, signIn } from '../support/chromium.ts'
import { ADMIN, EDITOR, VIEWER } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

it('the root leads to the flags, and signing in stays on the page that was asked for', async () => {
  const page = await openPage(browser)
  await page.goto('/')
  expect(new URL(page.url()).pathname).toBe('/settings/flags')
  await signIn(page, ADMIN, '/settings/flags?filter=off')
  await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor()
  expect(new URL(page.url()).search).toBe('?filter=off')
  await page.getByText('local admin').first().waitFor()
})

it('a token that is not known is refused beside the field, and can be corrected', async () => {
  const page = await openPage(browser)
  await page.goto('/settings/flags')
  await page.getByLabel('Admin token').fill('flags_admin_nobody')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('this token is not known, or it was revoked').waitFor()
  await page.getByLabel('Admin token').fill(EDITOR)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor()
})

it('a key that only evaluates cannot sign in', async () => {
  const page = await openPage(browser)
  await page.goto('/settings/flags')
  await page.getByLabel('Admin token').fill('flags_client_local')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('cannot administer').waitFor()
})

it('no script can read the session, and signing out ends it on the server', async () => {
  const page = await openPage(browser)
  await signIn(page, ADMIN)
  await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor()
  expect(await page.evaluate('document.cookie')).toBe('')
  const [cookie] = await page.context().cookies()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Admin token').waitFor()
  const replayed = await fetch(`${inject('origin')}/api/me`, {
    headers: { Cookie: `${cookie?.name}=${cookie?.value}` },
  })
  expect(replayed.status).toBe(401)
})

it('a viewer sees everything and can change nothing', async () => {
  const page = await openAs(browser, VIEWER, '/settings/flags')
  const switches = page.getByRole('switch')
  await switches.first().waitFor()
  for (const control of await switches.all()) expect(await control.isDisabled()).toBe(true)
  expect(await page.getByRole('button', { name: 'New flag' }).isDisabled()).toBe(true)
})
