import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { putFlag, readFlag } from '../support/admin-api.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, EDITOR } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

it('Kill switch: goes off in three actions, shows when it is live, and comes back with one', async () => {
  await putFlag('list.kill', { enabled: true, rollout: 100, killSwitch: true })
  const page = await openAs(browser, ADMIN, '/settings/flags')
  const control = page.getByRole('switch', { name: 'list.kill' })
  await control.click()
  await page.getByRole('textbox', { name: 'Reason' }).fill('payments provider is down')
  await page.keyboard.press('Enter')
  await page.getByText(/Live at the edge: snapshot \d+, verified \d+ s ago/).waitFor()
  expect(await control.isChecked()).toBe(false)
  expect(await readFlag('list.kill')).toMatchObject({ enabled: false })
  await page.getByRole('button', { name: 'Undo' }).first().click()
  await page.getByText('list.kill is on').waitFor()
  expect(await control.isChecked()).toBe(true)
})

it('Kill switch: does not move without a reason or after Escape', async () => {
  await putFlag('list.kept', { enabled: true, rollout: 100, killSwitch: true })
  const page = await openAs(browser, ADMIN, '/settings/flags')
  const control = page.getByRole('switch', { name: 'list.kept' })
  await control.focus()
  await page.keyboard.press('Space')
  const dialog = page.getByRole('dialog', { name: 'Turn list.kept off?' })
  await dialog.getByRole('button', { name: 'Turn off' }).click()
  expect(await dialog.isVisible()).toBe(true)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await control.isChecked()).toBe(true)
  await expect.poll(() => page.locator(':focus').getAttribute('aria-label')).toBe('list.kept')
  expect(await readFlag('list.kept')).toMatchObject({ enabled: true })
})

it('Flag list: switches a flag, and shows the change of another admin without a reload', async () => {
  await putFlag('list.toggled', { enabled: false, rollout: 30 })
  const mine = await openAs(browser, ADMIN, '/settings/flags?search=list.toggled')
  const theirs = await openAs(browser, EDITOR, '/settings/flags?search=list.toggled')
  await theirs.getByRole('switch', { name: 'list.toggled' }).waitFor()
  await mine.getByRole('switch', { name: 'list.toggled' }).click()
  await mine.getByText('list.toggled is on').waitFor()
  await theirs.getByRole('switch', { name: 'list.toggled', checked: true }).waitFor()
  await theirs
    .getByRole('row', { name: /list\.toggled/ })
    .getByText('local admin')
    .waitFor()
})

it('Flag list: searches, filters and sorts, and keeps all three in the URL', async () => {
  await putFlag('narrow.alpha', { enabled: true, rollout: 10, description: 'the first of them' })
  await putFlag('narrow.beta', { enabled: true, rollout: 100 })
  await putFlag('narrow.gamma', { enabled: false, rollout: 50, rules: { cities: ['Pune'] } })
  const page = await openAs(browser, ADMIN, '/settings/flags')
  const rows = async () => {
    const names = await page.getByRole('rowheader').getByRole('link').allTextContents()
    return names.map((name) => name.replace('narrow.', ''))
  }
  await page.getByRole('searchbox', { name: 'Search flags' }).fill('narrow')
  await expect.poll(rows).toEqual(['alpha', 'beta', 'gamma'])
  await page.getByLabel('Sort by').selectOption('Rollout')
  await expect.poll(rows).toEqual(['beta', 'gamma', 'alpha'])
  await page.getByLabel('Show').selectOption('With targeting')
  await expect.poll(rows).toEqual(['gamma'])
  await page.reload()
  await expect.poll(rows).toEqual(['gamma'])
  await page.getByRole('searchbox', { name: 'Search flags' }).fill('first of')
  await page.getByText('No flag matches').waitFor()
  await page.getByRole('button', { name: 'Show all flags' }).click()
  await expect.poll(rows).toContain('alpha')
})

it('Flag list: moves a switch once on a double click', async () => {
  await putFlag('list.twice', { enabled: false, rollout: 30 })
  const page = await openAs(browser, ADMIN, '/settings/flags?search=list.twice')
  await page.getByRole('switch', { name: 'list.twice' }).dblclick()
  await page.getByText('list.twice is on').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await readFlag('list.twice')).toMatchObject({ enabled: true, version: 2 })
})

it('Notice: offers Undo again after an undo failed', async () => {
  await putFlag('list.retried', { enabled: true, rollout: 30 })
  const page = await openAs(browser, ADMIN, '/settings/flags?search=list.retried')
  await page.getByRole('switch', { name: 'list.retried' }).click()
  await page.getByText('list.retried is off').waitFor()
  await page.route('**/api/flags/list.retried', (route) => route.abort())
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('alert').getByText('The server cannot be reached').waitFor()
  await page.unroute('**/api/flags/list.retried')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('list.retried is on').waitFor()
})

it('Flag list: updates relative times on a page that stays open', async () => {
  await putFlag('list.aged', { enabled: true, rollout: 30 })
  const page = await openAs(browser, ADMIN, '/settings/flags?search=list.aged')
  await page.clock.install()
  await page.reload()
  await page.getByRole('switch', { name: 'list.aged' }).click()
  await page.getByText(/verified \d s ago/).waitFor()
  await page.getByRole('row', { name: /list\.aged.* just now/ }).waitFor()
  await page.clock.runFor('10:00')
  await page.getByRole('row', { name: /list\.aged.* (9|10) minutes ago/ }).waitFor()
  await page.getByText(/verified (5[789]|6\d)\d s ago/).waitFor()
})

it('Kill switch: a late response does not close a dialog that was opened after it', async () => {
  await putFlag('list.late', { enabled: true, rollout: 100, killSwitch: true })
  await putFlag('list.next', { enabled: true, rollout: 100, killSwitch: true })
  const page = await openAs(browser, ADMIN, '/settings/flags')
  const held = Promise.withResolvers<void>()
  await page.route('**/api/flags/list.late', async (route) => {
    await held.promise
    await route.continue()
  })
  await page.getByRole('switch', { name: 'list.late' }).click()
  await page.keyboard.type('late')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.getByRole('switch', { name: 'list.next' }).click()
  const dialog = page.getByRole('dialog', { name: 'Turn list.next off?' })
  await dialog.waitFor()
  held.resolve()
  await page.getByText('list.late is off').waitFor()
  expect(await dialog.isVisible()).toBe(true)
})

it('Kill switch: turns on with its current settings, which the dialog shows', async () => {
  await putFlag('list.moved', { enabled: false, rollout: 100, killSwitch: true })
  const page = await openAs(browser, ADMIN, '/settings/flags')
  await page.getByRole('switch', { name: 'list.moved' }).click()
  const dialog = page.getByRole('dialog', { name: 'Turn list.moved on?' })
  await dialog.getByText('100 % of users').waitFor()
  await putFlag('list.moved', { enabled: false, rollout: 50, killSwitch: true }, EDITOR)
  await dialog.getByText('50 % of users').waitFor()
  await page.getByRole('textbox', { name: 'Reason' }).fill('all is well')
  await page.keyboard.press('Enter')
  await page.getByText('list.moved is on').waitFor()
})

it('Flag list: shows no empty search when every flag is a kill switch', async () => {
  const only = await putFlag('list.only', { enabled: true, rollout: 100, killSwitch: true })
  const page = await openAs(browser, ADMIN, '/audit')
  await page.route('**/api/flags?*', (route) =>
    route.fulfill({ json: { items: [{ ...only, updatedBy: null }], nextCursor: null } }),
  )
  await page.goto('/settings/flags')
  await page.getByRole('switch', { name: 'list.only' }).waitFor()
  expect(await page.getByText('No flag matches').count()).toBe(0)
})
