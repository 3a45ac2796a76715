import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SegmentWithUsers } from '../../schema/segment.ts'
import { adminApi, putFlag, readFlag } from '../support/admin-api.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, EDITOR, VIEWER } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const putSegment = async (key: string, settings: object = {}) => {
  const answer = await adminApi('PUT', `/api/segments/${key}`, settings)
  if (!answer.ok) throw new Error(await answer.text())
}

const readSegment = async (key: string) =>
  (await adminApi('GET', `/api/segments/${key}`)).json<SegmentWithUsers>()

const inSegment = (key: string) => ({ where: [{ operator: 'inSegment', values: [key] }] })

const open = async (key: string, as = ADMIN): Promise<Page> => {
  const page = await openAs(browser, as, `/settings/segments/${key}`)
  await page.getByRole('heading', { name: key, level: 1 }).waitFor()
  return page
}

const review = async (page: Page) => {
  await page.getByRole('button', { name: /^Review and/ }).click()
  return page.getByRole('dialog')
}

it('Segment form: creates a segment, shows its differences first, and lists it', async () => {
  const page = await openAs(browser, EDITOR, '/settings/segments')
  await page.getByRole('link', { name: 'New segment' }).click()
  await page.getByRole('textbox', { name: 'Key' }).fill('ui.friends')
  await page.getByRole('textbox', { name: 'Included users' }).fill('u-1, u-2')
  await page.getByRole('textbox', { name: 'Excluded users' }).fill('u-3')
  await page.getByRole('textbox', { name: 'Description' }).fill('Friends of the house.')
  const dialog = await review(page)
  await dialog.getByText('u-2').waitFor()
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: 'ui.friends', level: 1 }).waitFor()
  expect(await readSegment('ui.friends')).toMatchObject({
    description: 'Friends of the house.',
    include: ['u-1', 'u-2'],
    exclude: ['u-3'],
  })
  await page.getByRole('link', { name: 'Segments' }).click()
  await page.getByRole('searchbox', { name: 'Search segments' }).fill('friends house')
  const row = page.getByRole('row', { name: 'ui.friends' })
  await row.getByText('2 included, 1 excluded').waitFor()
  await row.getByText('no flag').waitFor()
})

it('Segment form: keeps conditions, removes one of them, and undoes the edit', async () => {
  const plan = { attribute: 'plan', operator: 'in', values: ['pro'] }
  const version = { attribute: 'appVersion', operator: 'semverGte', values: ['4.2.0'] }
  await putSegment('ui.rules', { conditions: [plan, version] })
  const page = await open('ui.rules')
  await page.getByText('appVersion is a version from "4.2.0"').waitFor()
  await page.getByRole('button', { name: 'Remove the condition: plan is one of "pro"' }).click()
  const dialog = await review(page)
  await dialog.getByText('plan is one of "pro"').waitFor()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('ui.rules is saved').waitFor()
  expect(await readSegment('ui.rules')).toMatchObject({ conditions: [version] })
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('plan is one of "pro"').first().waitFor()
  expect(await readSegment('ui.rules')).toMatchObject({ conditions: [plan, version], version: 3 })
})

it('Segment form: shows both sides of a conflict and merges what one side changed', async () => {
  await putSegment('ui.raced', { include: ['u-1'], description: 'old' })
  const page = await open('ui.raced')
  await page.getByRole('textbox', { name: 'Description' }).fill('mine')
  await putSegment('ui.raced', { include: ['u-1', 'u-2'], description: 'old' })
  await page.getByText('This segment was saved while you were editing').waitFor()
  await page.getByRole('button', { name: 'Merge as chosen' }).click()
  await (await review(page)).getByRole('button', { name: 'Save' }).click()
  await page.getByText('ui.raced is saved').waitFor()
  expect(await readSegment('ui.raced')).toMatchObject({
    include: ['u-1', 'u-2'],
    description: 'mine',
    version: 3,
  })
})

it('Segment page: links the flags that use it, and deletes only an unused one', async () => {
  await putSegment('ui.used', { include: ['u-1'] })
  await putFlag('ui.user', { rules: inSegment('ui.used') })
  const page = await open('ui.used')
  expect(await page.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
  await page.getByRole('link', { name: 'ui.user' }).click()
  await page.getByRole('heading', { name: 'ui.user', level: 1 }).waitFor()
  await page.getByRole('button', { name: /^Remove the condition/ }).click()
  await (await review(page)).getByRole('button', { name: 'Save' }).click()
  await page.getByText('ui.user is saved').waitFor()
  const again = await open('ui.used')
  await again.getByRole('button', { name: 'Delete' }).click()
  const dialog = again.getByRole('dialog')
  await dialog.getByRole('textbox').fill('not needed')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await again.getByText('ui.used is deleted').waitFor()
  expect((await adminApi('GET', '/api/segments/ui.used')).status).toBe(404)
})

it('Flag form: adds a segment, explains it, and agrees with the edge', async () => {
  await putSegment('ui.beta', { include: ['u-in'], exclude: ['u-out'] })
  await putFlag('ui.for-beta', { enabled: true, rollout: 100 })
  const page = await openAs(browser, EDITOR, '/settings/flags/ui.for-beta')
  await page.getByLabel('Add a segment').selectOption('in ui.beta')
  await page.getByText('the user is in the segment').first().waitFor()
  const why = page.getByRole('region', { name: 'Why?' })
  await why.getByRole('textbox', { name: 'User id' }).fill('u-out')
  await why.getByText('"ui.beta": excludes the user').waitFor()
  await (await review(page)).getByRole('button', { name: 'Save' }).click()
  await page.getByText('ui.for-beta is saved').waitFor()
  expect(await readFlag('ui.for-beta')).toMatchObject({ rules: inSegment('ui.beta') })
  await why.getByRole('button', { name: 'Check against the edge' }).click()
  await why.getByText('The edge agrees').waitFor()
  await putSegment('ui.beta', { include: ['u-out'] })
  await why.getByText('"ui.beta": includes the user').waitFor()
})

it('Segment page: a viewer sees everything and changes nothing', async () => {
  await putSegment('ui.viewed', { include: ['u-1'] })
  const page = await open('ui.viewed', VIEWER)
  await page.getByText('u-1').waitFor()
  expect(await page.getByRole('textbox', { name: 'Included users' }).isDisabled()).toBe(true)
  expect(await page.getByRole('button', { name: /^Review/ }).count()).toBe(0)
})

it('Audit: shows and reverts a change of a segment', async () => {
  await putSegment('ui.audited', { include: ['u-1'] })
  await putSegment('ui.audited', { include: ['u-2'], comment: 'swap' })
  const page = await openAs(browser, ADMIN, '/audit?target=segment:ui.audited')
  await page.getByText('changed segment').waitFor()
  await page
    .getByRole('button', { name: /^Revert #/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('These fields go back:').waitFor()
  await dialog.getByRole('button', { name: 'Revert' }).click()
  await page.getByText('is reverted').waitFor()
  expect(await readSegment('ui.audited')).toMatchObject({ include: ['u-1'], version: 3 })
})
