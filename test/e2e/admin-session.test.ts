import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { putFlag, readFlag } from '../support/admin-api.ts'
import { launchChromium, openAs, openPage, signIn } from '../support/chromium.ts'
import { ADMIN, EDITOR, VIEWER } from '../support/credentials.ts'
import { getOrigin } from '../support/origin.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

it('Sign-in: the root leads to the flags, and every other page stays', async () => {
  const page = await openPage(browser)
  await page.goto('/')
  expect(new URL(page.url()).pathname).toBe('/settings/flags')
  await signIn(page, ADMIN, '/settings/flags?filter=off')
  await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor()
  expect(new URL(page.url()).search).toBe('?filter=off')
  await page.getByText('local admin').first().waitFor()
})

it('Sign-in: refuses an unknown token beside the field and accepts a second try', async () => {
  const page = await openPage(browser)
  await page.goto('/settings/flags')
  await page.getByLabel('Admin token').fill('flags_admin_nobody')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('this token is not known, or it was revoked').waitFor()
  await page.getByLabel('Admin token').fill(EDITOR)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor()
})

it('Sign-in: refuses a key that only evaluates', async () => {
  const page = await openPage(browser)
  await page.goto('/settings/flags')
  await page.getByLabel('Admin token').fill('flags_client_local')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('cannot administer').waitFor()
})

it('Session: is hidden from scripts and ends on the server at sign-out', async () => {
  const page = await openPage(browser)
  await signIn(page, ADMIN)
  await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor()
  expect(await page.evaluate('document.cookie')).toBe('')
  const [cookie] = await page.context().cookies()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Admin token').waitFor()
  const replayed = await fetch(`${getOrigin()}/api/me`, {
    headers: { Cookie: `${cookie?.name}=${cookie?.value}` },
  })
  expect(replayed.status).toBe(401)
})

it('Flags page: shows everything to a viewer and disables every change', async () => {
  const page = await openAs(browser, VIEWER, '/settings/flags')
  const switches = page.getByRole('switch')
  await switches.first().waitFor()
  for (const control of await switches.all()) expect(await control.isDisabled()).toBe(true)
  expect(await page.getByRole('button', { name: 'New flag' }).isDisabled()).toBe(true)
})

it('Session: keeps unsaved changes when it ends and the user signs in again', async () => {
  await putFlag('session.kept', { rollout: 10 })
  const page = await openPage(browser)
  await signIn(page, EDITOR, '/settings/flags/session.kept')
  await page.getByRole('button', { name: '25 %' }).click()
  await page.getByRole('button', { name: 'Review and save' }).click()
  await page.getByRole('textbox', { name: 'Reason' }).fill('next step')
  await page.context().clearCookies()
  await page.keyboard.press('Enter')
  const again = page.getByRole('dialog', { name: 'Your session has ended. Sign in to continue.' })
  await again.getByLabel('Admin token').fill('flags_editor_nobody')
  await page.keyboard.press('Enter')
  await again.getByRole('alert').waitFor()
  await again.getByLabel('Admin token').fill(EDITOR)
  await page.keyboard.press('Enter')
  await again.waitFor({ state: 'detached' })
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByText('session.kept is saved').waitFor()
  expect(await readFlag('session.kept')).toMatchObject({ rollout: 25 })
  await page.getByText(/^Live/).first().waitFor()
})

it('Session: asks before it drops unsaved changes when the user does not sign in again', async () => {
  await putFlag('session.left', { rollout: 10 })
  const page = await openPage(browser)
  await signIn(page, EDITOR, '/settings/flags/session.left')
  await page.getByRole('button', { name: '25 %' }).click()
  await page.getByRole('button', { name: 'Review and save' }).click()
  await page.getByRole('textbox', { name: 'Reason' }).fill('next step')
  await page.context().clearCookies()
  // A request of the page itself may find out first. Then there is nothing left to click.
  await page.keyboard.press('Enter')
  const again = page.getByRole('dialog', { name: /^Your session has ended/ })
  await again.waitFor()
  const asked = page.waitForEvent('dialog')
  const pressed = page.keyboard.press('Escape')
  await (await asked).accept()
  await pressed
  await page.getByRole('heading', { name: 'IndieTix Flags' }).waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)
})

it('Sign-out: asks before it drops unsaved changes, then shows the token field', async () => {
  await putFlag('session.out', { rollout: 10 })
  const page = await openPage(browser)
  await signIn(page, EDITOR, '/settings/flags/session.out')
  await page.getByRole('button', { name: '25 %' }).click()
  const asked = page.waitForEvent('dialog').then((dialog) => dialog.dismiss())
  await page.getByRole('button', { name: 'Sign out' }).click()
  await asked
  expect(await page.getByRole('slider', { name: 'Rollout' }).inputValue()).toBe('25')
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Admin token').waitFor()
  await page.keyboard.type(EDITOR)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'session.out' }).waitFor()
})

it('Header: names the environment, as do the tab, the icon and a dangerous dialog', async () => {
  await putFlag('session.named', { enabled: true, killSwitch: true })
  const page = await openAs(browser, ADMIN, '/settings/flags/session.named')
  await page.getByRole('heading', { name: 'session.named', level: 1 }).waitFor()
  await page.getByRole('banner').getByText('local', { exact: true }).waitFor()
  expect(await page.title()).toBe('session.named · local · IndieTix Flags')
  expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('/icon-blue.svg')
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByText('This changes local').waitFor()
})

it('Header: has a link that skips the navigation by keyboard', async () => {
  const page = await openAs(browser, VIEWER, '/settings/flags')
  await page.getByRole('switch').first().waitFor()
  await page.getByRole('link', { name: 'Skip to content' }).press('Enter')
  await expect.poll(() => page.locator(':focus').textContent()).toBe('Flags')
  await page.getByRole('link', { name: 'Experiments' }).click()
  await page.goBack()
  await page.getByRole('heading', { name: 'Flags', level: 1 }).waitFor()
})
