import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClientKey, putFlag, readFlag } from '../support/admin-api.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, EDITOR, VIEWER } from '../support/credentials.ts'
import { paste } from '../support/paste.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const open = async (key: string, as = ADMIN): Promise<Page> => {
  const page = await openAs(browser, as, `/settings/flags/${key}`)
  await page.getByRole('heading', { name: key, level: 1 }).waitFor()
  return page
}

const review = async (page: Page) => {
  await page.getByRole('button', { name: /^Review and/ }).click()
  return page.getByRole('dialog')
}

it('Flag form: creates a flag by keyboard, with help for the key and a review', async () => {
  const page = await openAs(browser, EDITOR, '/settings/flags')
  await page.getByRole('link', { name: 'New flag' }).press('Enter')
  await page.getByRole('heading', { name: 'New flag' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.type('Form.made')
  await page.getByText('Use lower-case letters').waitFor()
  await page.getByRole('textbox', { name: 'Key' }).fill('form.made')
  await page.getByText('Follows the convention.').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await page.keyboard.press('Tab')
  for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight')
  await page.getByRole('textbox', { name: 'Roles' }).focus()
  await page.keyboard.type('ADMIN')
  await page.keyboard.press('Enter')
  await page.keyboard.type('ORGANIZER, STAFF')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Backspace')
  await page.getByRole('button', { name: 'Review and create' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Create form.made?' })
  await dialog.getByText('ORGANIZER').waitFor()
  await page.keyboard.type('first try')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'form.made', level: 1 }).waitFor()
  expect(await readFlag('form.made')).toMatchObject({
    enabled: true,
    rollout: 3,
    rules: { roles: ['ADMIN', 'ORGANIZER'] },
    version: 1,
  })
  await page.getByText('first try').waitFor()
})

it('Flag form: sets every rule, accepts hundreds of pasted names and shows the diff', async () => {
  await putFlag('form.rules', { enabled: true, rollout: 10, rules: { cities: ['Pune'] } })
  const page = await open('form.rules')
  const ids = Array.from({ length: 300 }, (_, index) => `u-${index}`)
  await paste(page.getByRole('textbox', { name: 'Allow list' }), ids.join('\n'))
  await page.getByRole('button', { name: 'Show 240 more' }).waitFor()
  await paste(page.getByRole('textbox', { name: 'Cities' }), 'Mumbai\nWashington, DC')
  await page.getByRole('button', { name: 'Remove Pune from Cities' }).click()
  await page.getByRole('textbox', { name: 'Deny list' }).fill('banned')
  const targeting = page.getByRole('group', { name: 'Targeting' })
  await targeting.getByRole('textbox', { name: 'Categories' }).fill('music')
  await page.getByRole('textbox', { name: 'Description' }).fill('What it does')
  const dialog = await review(page)
  await dialog.getByText('and 288 more added').waitFor()
  expect(await dialog.getByRole('definition').count()).toBe(5)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByText('form.rules is saved').waitFor()
  expect(await readFlag('form.rules')).toMatchObject({
    description: 'What it does',
    rules: {
      cities: ['Mumbai', 'Washington, DC'],
      categories: ['music'],
      allowList: ids,
      denyList: ['banned'],
    },
  })
})

it('Flag form: adds typed text to a list when another control is clicked, and the click works', async () => {
  await putFlag('form.typed', { enabled: true, rollout: 10 })
  const page = await open('form.typed')
  const killSwitch = page.getByRole('checkbox', { name: /Kill switch/ })
  await killSwitch.scrollIntoViewIfNeeded()
  await page.getByRole('textbox', { name: 'Deny list' }).fill('one, two')
  // The mouse is moved by hand, because Playwright would wait until nothing moves, and people do not.
  const box = await killSwitch.boundingBox()
  await page.mouse.click((box?.x ?? 0) + 5, (box?.y ?? 0) + 5)
  await page.getByRole('button', { name: 'Remove two from Deny list' }).waitFor()
  expect(await killSwitch.isChecked()).toBe(true)
})

it('Flag form: warns about a jump in the rollout but not about a step, and undoes an edit', async () => {
  await putFlag('form.rollout', { enabled: true, rollout: 10 })
  const page = await open('form.rollout')
  await page.getByRole('button', { name: '100 %' }).click()
  await page.getByText('From 10 % straight to 100 %').waitFor()
  await page.getByRole('button', { name: '25 %' }).click()
  await page.getByText('straight to').waitFor({ state: 'detached' })
  await (await review(page)).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Live at the edge').waitFor()
  expect(await readFlag('form.rollout')).toMatchObject({ rollout: 25 })
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => page.getByRole('slider', { name: 'Rollout' }).inputValue()).toBe('10')
  expect(await readFlag('form.rollout')).toMatchObject({ rollout: 10, version: 3 })
})

it('Flag form: shows issues of the server beside their fields', async () => {
  await putFlag('form.refused', {})
  const page = await open('form.refused')
  await paste(page.getByRole('textbox', { name: 'Roles' }), `fine\n${'x'.repeat(257)}`)
  await (await review(page)).getByRole('button', { name: 'Save' }).click()
  const roles = page.getByRole('textbox', { name: 'Roles', exact: true })
  await expect.poll(() => roles.getAttribute('aria-invalid')).toBe('true')
  await page.getByRole('alert').getByText(/256/).waitFor()
})

it('Flag form: refuses the key of another flag and leaves that flag unchanged', async () => {
  await putFlag('form.taken', { rollout: 77 })
  const page = await openAs(browser, ADMIN, '/settings/new-flag')
  await page.getByRole('textbox', { name: 'Key' }).fill('form.taken')
  await page.getByText('A flag or an experiment has this key already.').waitFor()
  const dialog = await review(page)
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByRole('alert').waitFor()
  expect(await readFlag('form.taken')).toMatchObject({ rollout: 77, version: 1 })
})

it('Flag form: shows both sides of a conflict and merges fields that one side changed', async () => {
  await putFlag('form.raced', { rollout: 10, description: 'old' })
  const page = await open('form.raced')
  await page.getByRole('textbox', { name: 'Description' }).fill('mine')
  await page.getByRole('button', { name: '25 %' }).click()
  await putFlag('form.raced', { enabled: true, rollout: 10, description: 'theirs' }, EDITOR)
  await page.getByRole('heading', { name: 'This flag was saved while you were editing' }).waitFor()
  expect(await page.getByRole('button', { name: 'Review and save' }).isDisabled()).toBe(true)
  await page.getByText('both changed').waitFor()
  expect(await page.getByRole('radio', { name: 'Rollout: mine' }).isChecked()).toBe(true)
  expect(await page.getByRole('radio', { name: 'Enabled: theirs' }).isChecked()).toBe(true)
  await page.getByRole('radio', { name: 'Description: mine' }).check()
  await page.getByRole('button', { name: 'Merge as chosen' }).click()
  await (await review(page)).getByRole('button', { name: 'Save' }).click()
  await page.getByText('form.raced is saved').waitFor()
  expect(await readFlag('form.raced')).toMatchObject({
    enabled: true,
    rollout: 25,
    description: 'mine',
    version: 3,
  })
})

it('Flag form: follows the edits of others while it has no changes', async () => {
  await putFlag('form.followed', { rollout: 10 })
  const page = await open('form.followed')
  await putFlag('form.followed', { rollout: 60 }, EDITOR)
  await expect.poll(() => page.getByRole('slider', { name: 'Rollout' }).inputValue()).toBe('60')
})

it('Flag form: asks before a link leaves unsaved changes', async () => {
  await putFlag('form.unsaved', { rollout: 10 })
  const page = await open('form.unsaved')
  await page.getByRole('button', { name: '25 %' }).click()
  const asked = page.waitForEvent('dialog').then((dialog) => dialog.dismiss())
  await page.getByRole('link', { name: 'Audit' }).click()
  await asked
  await page.getByRole('heading', { name: 'form.unsaved' }).waitFor()
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor()
})

it('Why panel: shows every step and the deciding one, for saved and unsaved settings, as the edge does', async () => {
  await putFlag('form.why', { enabled: true, rollout: 100, rules: { cities: ['Pune'] } })
  const page = await open('form.why')
  const why = page.getByRole('region', { name: 'Why?' })
  await why.getByRole('textbox', { name: 'User id' }).fill('u-42')
  await why.getByText('Off, because the city does not match DEFAULT').waitFor()
  expect(await why.getByRole('listitem').count()).toBe(7)
  await why.getByRole('button', { name: 'Check against the edge' }).click()
  await why.getByText(/The edge agrees \(snapshot \d+\)/).waitFor()
  await why.getByRole('textbox', { name: 'City' }).fill('Pune')
  await why.getByText('On, because the rollout includes the user TARGETING_MATCH').waitFor()
  await page.getByRole('textbox', { name: 'Deny list' }).fill('u-42')
  await page.keyboard.press('Enter')
  await why.getByText('Off, because the user is on the deny list TARGETING_MATCH').waitFor()
  await why.getByRole('button', { name: 'Check against the edge' }).click()
  await why
    .getByText(/The edge answers for the saved flag: on, because the rollout includes the user/)
    .waitFor()
})

it('Why panel: answers for each client key as the edge does', async () => {
  await createClientKey('key.deaf', { trustsRole: false })
  await createClientKey('key.few', { trusts: ['plan'] })
  const where = [{ attribute: 'plan', operator: 'in', values: ['pro'] }]
  await putFlag('form.trust', { enabled: true, rollout: 100, rules: { roles: ['ADMIN'], where } })
  const page = await open('form.trust', VIEWER)
  const why = page.getByRole('region', { name: 'Why?' })
  await why.getByRole('textbox', { name: 'Role' }).fill('ADMIN')
  await why.getByRole('textbox', { name: 'plan' }).fill('pro')
  await why.getByText('On, because').waitFor()
  const agree = async () => {
    await why.getByRole('button', { name: 'Check against the edge' }).click()
    await why.getByText(/The edge agrees/).waitFor()
  }
  await agree()
  const seenBy = why.getByRole('combobox', { name: 'As seen by' })
  await seenBy.selectOption({ label: 'key.deaf: ignores role' })
  await why.getByText('Off, because the role does not match').waitFor()
  await why.getByText('This key does not trust role. It counts as missing.').waitFor()
  await agree()
  await seenBy.selectOption({ label: 'key.few: trusts plan' })
  await why.getByText('Off, because the role does not match').waitFor()
  await agree()
  await page.getByText(/client keys do not trust a role/).waitFor()
})

it('Flag page: deletes a flag for an admin with a reason, and returns to the list', async () => {
  await putFlag('form.deleted', {})
  const editor = await open('form.deleted', EDITOR)
  expect(await editor.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
  const page = await open('form.deleted')
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('textbox', { name: 'Reason' }).fill('not used')
  await page.keyboard.press('Enter')
  await page.getByText('form.deleted is deleted').waitFor()
  await editor.getByText('There is no such flag').waitFor()
})

it('Flag page: allows a viewer to look and to use the Why panel, and nothing else', async () => {
  await putFlag('form.viewed', { enabled: true, rollout: 10, rules: { roles: ['ADMIN'] } })
  const page = await open('form.viewed', VIEWER)
  expect(await page.getByRole('switch', { name: 'Enabled' }).isDisabled()).toBe(true)
  expect(await page.getByRole('slider', { name: 'Rollout' }).isDisabled()).toBe(true)
  expect(await page.getByRole('button', { name: 'Remove ADMIN from Roles' }).count()).toBe(0)
  expect(await page.getByRole('button', { name: /^Review/ }).count()).toBe(0)
  await page.getByRole('textbox', { name: 'Role', exact: true }).fill('ADMIN')
})

it('Flag form: asks before the back button leaves unsaved changes', async () => {
  await putFlag('form.back', { rollout: 10 })
  const page = await openAs(browser, ADMIN, '/settings/flags')
  await page.getByRole('link', { name: 'form.back' }).click()
  await page.getByRole('button', { name: '25 %' }).click()
  const refused = page.waitForEvent('dialog').then((dialog) => dialog.dismiss())
  await page.evaluate('history.back()')
  await refused
  expect(await page.getByRole('slider', { name: 'Rollout' }).inputValue()).toBe('25')
  expect(new URL(page.url()).pathname).toBe('/settings/flags/form.back')
  const accepted = page.waitForEvent('dialog').then((dialog) => dialog.accept())
  await page.evaluate('history.back()')
  await accepted
  await page.getByRole('searchbox').waitFor()
  expect(new URL(page.url()).pathname).toBe('/settings/flags')
})

it('Flag form: removes names one after the other by keyboard', async () => {
  await putFlag('form.chips', { rollout: 10, rules: { cities: ['Pune', 'Delhi'] } })
  const page = await open('form.chips')
  const focused = () => page.locator(':focus').getAttribute('aria-label')
  await page.getByRole('button', { name: 'Remove Pune from Cities' }).press('Enter')
  await expect.poll(focused).toBe('Cities: 1')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect.poll(focused).toBe('Cities: 0')
})
