import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { adminApi, putFlag, readFlag } from '../support/admin-api.ts'
import { takeStep, draftExperiment, readExperiment } from '../support/admin-experiments.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, EDITOR, VIEWER } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const openAudit = (key: string, as = ADMIN) => openAs(browser, as, `/audit?target=flag:${key}`)

it('Audit page: shows the actor, the change before and after, and the reason', async () => {
  await putFlag('audit.told', { rollout: 10, rules: { cities: ['Pune'] } })
  await putFlag(
    'audit.told',
    { rollout: 25, rules: { cities: ['Delhi'] }, comment: 'next step' },
    EDITOR,
  )
  const page = await openAudit('audit.told')
  const entry = page.getByRole('listitem').filter({ hasText: 'next step' })
  await entry.waitFor()
  const text = await entry.innerText()
  expect(text).toMatch(/local editor changed audit\.told/)
  expect(text).toMatch(/10 %\s+becomes\s+25 %/)
  expect(text).toMatch(/− Pune\s+\+ Delhi/)
})

it('Audit page: filters by target and person, and keeps the filter in the URL', async () => {
  await putFlag('audit.filtered', { rollout: 1 })
  await putFlag('audit.filtered', { rollout: 2 }, EDITOR)
  const page = await openAs(browser, ADMIN, '/audit')
  await page.getByLabel('Target').fill('audit.filtered')
  await page.keyboard.press('Enter')
  const links = page.getByRole('link', { name: 'audit.filtered' })
  await expect.poll(() => links.count()).toBe(2)
  await page.getByLabel('Who').fill('local editor')
  await page.getByRole('button', { name: 'Filter' }).click()
  await expect.poll(() => links.count()).toBe(1)
  expect(new URL(page.url()).searchParams.get('actor')).toBe('local editor')
  await page.getByLabel('Who').fill('nobody')
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByText('No change matches').waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(() => page.getByRole('listitem').count()).toBeGreaterThan(2)
})

it('Audit page: suggests experiments, keys and members by name', async () => {
  await draftExperiment('audit-suggested')
  await adminApi('PUT', '/api/members/suggested@example.com', { role: 'viewer' })
  const page = await openAs(browser, ADMIN, '/audit')
  for (const name of ['audit-suggested', 'local client', 'suggested@example.com'])
    await page.locator(`datalist option[label='${name}']`).waitFor({ state: 'attached' })
  await page.getByLabel('Target').fill('audit-suggested')
  await page.keyboard.press('Enter')
  await expect
    .poll(() => new URL(page.url()).searchParams.get('target'))
    .toBe('experiment:audit-suggested')
  await page.getByRole('link', { name: 'audit-suggested' }).waitFor()
  await adminApi('DELETE', '/api/members/suggested@example.com', {})
})

it('Audit page: reverts a change by keyboard and records the revert as an entry', async () => {
  await putFlag('audit.reverted', { rollout: 10 })
  await putFlag('audit.reverted', { rollout: 90, comment: 'too bold' })
  const page = await openAudit('audit.reverted')
  const entry = page.getByRole('listitem').filter({ hasText: 'too bold' })
  await entry.getByRole('button', { name: /^Revert #/ }).press('Enter')
  await page
    .getByRole('dialog')
    .getByText(/These fields go back/)
    .waitFor()
  await page.keyboard.type('errors doubled')
  await page.keyboard.press('Enter')
  await page.getByText(/^Reverts #\d+: errors doubled$/).waitFor()
  expect(await readFlag('audit.reverted')).toMatchObject({ rollout: 10, version: 3 })
})

it('Audit page: asks again before a revert discards newer changes', async () => {
  await putFlag('audit.newer', { rollout: 10 })
  await putFlag('audit.newer', { rollout: 20, comment: 'second' })
  await putFlag('audit.newer', { rollout: 30 })
  const page = await openAudit('audit.newer')
  const entry = page.getByRole('listitem').filter({ hasText: 'second' })
  await entry.getByRole('button', { name: /^Revert #/ }).click()
  await page.getByRole('button', { name: 'Revert', exact: true }).click()
  await page.getByRole('alert').getByText('was changed again after').waitFor()
  expect(await readFlag('audit.newer')).toMatchObject({ rollout: 30 })
  await page.getByRole('button', { name: 'Revert anyway' }).click()
  await page.keyboard.press('Enter')
  expect(await readFlag('audit.newer')).toMatchObject({ rollout: 30 })
  await page.getByRole('checkbox', { name: /^Discard the changes after #/ }).check()
  await page.getByRole('button', { name: 'Revert anyway' }).click()
  await page.getByText(/^Reverts #\d+$/).waitFor()
  expect(await readFlag('audit.newer')).toMatchObject({ rollout: 10 })
})

const findReverts = async (as: string) => {
  const page = await openAudit('audit.roles', as)
  const buttons = page.getByRole('button', { name: /^Revert #/ })
  await buttons.first().waitFor()
  return Promise.all((await buttons.all()).map((button) => button.isEnabled()))
}

it('Audit page: disables every revert for a viewer, and the revert of a creation for an editor', async () => {
  await putFlag('audit.roles', {})
  await putFlag('audit.roles', { rollout: 5 })
  expect(await findReverts(VIEWER)).toEqual([false, false])
  expect(await findReverts(EDITOR)).toEqual([true, false])
  expect(await findReverts(ADMIN)).toEqual([true, true])
})

it('Audit page: shows and reverts an experiment edit, and offers no revert of a launch', async () => {
  await draftExperiment('audit-experiment', { description: 'Two flows' })
  const plan = { baselineRate: 0.1, minimumDetectableEffect: 0.2 }
  const variants = [
    { name: 'A', weight: 1 },
    { name: 'B', weight: 3 },
  ]
  const edit = { variants, plan, comment: 'B is the safer one' }
  await adminApi('PATCH', '/api/experiments/audit-experiment', edit)
  const page = await openAs(browser, ADMIN, '/audit?target=experiment:audit-experiment')
  const entry = page.getByRole('listitem').filter({ hasText: 'B is the safer one' })
  await entry.waitFor()
  const text = await entry.innerText()
  expect(text).toMatch(/changed experiment audit-experiment/)
  expect(text).toMatch(/A 50 %, B 50 %\s+becomes\s+A 1 \(25\s%\), B 3 \(75\s%\)/)
  expect(text).toMatch(/none\s+becomes\s+to find 20 % more than 10 %, power 80 %, false alarms 5 %/)
  const link = page.getByRole('link', { name: 'audit-experiment' }).first()
  expect(await link.getAttribute('href')).toBe('/experiments/audit-experiment')
  await entry.getByRole('button', { name: /^Revert #/ }).click()
  await page.getByRole('dialog').getByText('These fields go back:').waitFor()
  await page.getByRole('button', { name: 'Revert', exact: true }).click()
  await page.getByText(/^Reverts #\d+$/).waitFor()
  expect(await readExperiment('audit-experiment')).toMatchObject({ plan: null, version: 3 })
  await takeStep('audit-experiment', 'launch')
  const launched = page
    .getByRole('listitem')
    .filter({ hasText: 'launched experiment audit-experiment' })
  await launched.waitFor()
  expect(await launched.innerText()).toMatch(/Draft\s+becomes\s+Running/)
  expect(await launched.getByRole('button').count()).toBe(0)
  const created = page.getByRole('listitem').filter({ hasText: 'created experiment' })
  await created.getByRole('button', { name: /^Revert #/ }).click()
  await page.getByText('The experiment will be deleted again.').waitFor()
  await page.getByRole('button', { name: 'Revert', exact: true }).click()
  await page.getByRole('alert').getByText('its results are kept').waitFor()
  expect(await page.getByRole('button', { name: 'Revert anyway' }).count()).toBe(0)
})

it('Audit page: loads older changes on demand', async () => {
  const made = await adminApi('POST', '/api/keys', { name: 'bulk editor', kind: 'editor' })
  const { secret } = await made.json<{ secret: string }>()
  const flags = Array.from({ length: 51 }, (_, index) => ({ key: `audit.bulk-${index}` }))
  await adminApi('POST', '/api/import', { format: 'indietix-flags', version: 1, flags }, secret)
  const page = await openAs(browser, ADMIN, '/audit?actor=bulk+editor')
  const links = page.getByRole('link', { name: 'audit.bulk-' })
  await links.nth(49).waitFor()
  expect(await links.count()).toBe(50)
  await page.getByRole('button', { name: 'Load older changes' }).click()
  await links.nth(50).waitFor()
  expect(await links.count()).toBe(51)
  await adminApi('DELETE', '/api/flags/audit.bulk-7', {})
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText('deleted audit.bulk-7').waitFor()
})

it('Audit page: requires a reason to revert a change of a kill switch', async () => {
  await putFlag('audit.critical', { enabled: true, rollout: 100, killSwitch: true })
  await putFlag('audit.critical', {
    enabled: false,
    rollout: 100,
    killSwitch: true,
    comment: 'off',
  })
  const page = await openAudit('audit.critical')
  await page
    .getByRole('button', { name: /^Revert #/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Revert', exact: true }).click()
  expect(await dialog.locator(':invalid').count()).toBeGreaterThan(0)
  expect(await readFlag('audit.critical')).toMatchObject({ enabled: false })
  await page.getByRole('textbox', { name: 'Reason' }).fill('it is over')
  await page.keyboard.press('Enter')
  await page.getByText(/^Reverts #\d+: it is over$/).waitFor()
})

it('Audit page: shows each older change once and keeps them when a new change arrives', async () => {
  const made = await adminApi('POST', '/api/keys', { name: 'older editor', kind: 'editor' })
  const { secret } = await made.json<{ secret: string }>()
  const flags = Array.from({ length: 101 }, (_, index) => ({ key: `audit.older-${index}` }))
  await adminApi('POST', '/api/import', { format: 'indietix-flags', version: 1, flags }, secret)
  const page = await openAs(browser, ADMIN, '/audit?actor=older+editor')
  const links = page.getByRole('link', { name: 'audit.older-' })
  const more = page.getByRole('button', { name: 'Load older changes' })
  const held = Promise.withResolvers<void>()
  await page.route('**/api/audit?*cursor=*', async (route) => {
    await held.promise
    await route.continue()
  })
  await more.click()
  await more.click()
  held.resolve()
  await expect.poll(() => links.count()).toBe(100)
  await more.click()
  await expect.poll(() => links.count()).toBe(101)
  await more.waitFor({ state: 'detached' })
  await putFlag('audit.older-0', { rollout: 7 }, secret)
  await page.getByText('7 %').waitFor()
  expect(await links.count()).toBe(102)
  expect(new Set(await links.allTextContents()).size).toBe(101)
})
