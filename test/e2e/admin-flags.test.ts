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

it('a kill switch goes off in three actions, says when it is live, and comes back in one', async () => {
  await putFlag('list.kill', { enabled: true, rollout: 100, killSwitch: true })
  const page = await openAs(browser, ADMIN, '/settings/flags')
  const control = page.getByRole('switch', { name: 'list.kill' })
  await control.click()
  await page.getByRole('textbox', { name: 'Reason' }).fill('payments provider is down')
  await page.keyboard.press('Enter')
  await page.getByText(/Live at the edge: version \d+, verified \d+ s ago/).waitFor()
  expect(await control.isChecked()).toBe(false)
  expect(await readFlag('list.kill')).toMatchObject({ enabled: false })
  await page.getByRole('button', { name: 'Undo' }).first().click()
  await page.getByText('list.kill is on').waitFor()
  expect(await control.isChecked()).toBe(true)
})

it('a kill switch does not move without a reason, and Escape leaves it as it was', async () => {
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

it('a flag is switched in the list, and the change of another admin appears by itself', async () => {
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

it('search, filter and sort narrow the list and stand in the address', async () => {
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
