import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { adminApi } from '../support/admin-api.ts'
import {
  draftExperiment,
  HALF_AND_HALF,
  readExperiment,
  takeStep,
} from '../support/admin-experiments.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, EDITOR, SERVER, VIEWER } from '../support/credentials.ts'
import { getOrigin } from '../support/origin.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const item = (page: Page, key: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('link', { name: key, exact: true }) })

const confirm = async (page: Page, action: string, reason = '') => {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason)
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

/** Asks for the variant of one user, as an app does. */
const assign = async (key: string, userId: string) => {
  // With a version above all others, the server asks the Publisher for the newest snapshot first.
  const query = 'minVersion=1000000000'
  const answer = await fetch(`${getOrigin()}/v1/experiments/${key}/assign?${query}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${SERVER}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ context: { userId } }),
  })
  return (await answer.json<{ variant: string | null }>()).variant
}

it('Experiment list: shows status, shares, progress and verdict', async () => {
  const page = await openAs(browser, ADMIN, '/settings/flags')
  await page.getByRole('link', { name: 'Experiments' }).click()
  await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  const demo = item(page, 'checkout-redesign')
  await demo.getByText('Running', { exact: true }).waitFor()
  await demo.getByText('A 50 %').waitFor()
  await demo.getByText(/No verdict yet: \d+\s% of the planned sample is in/).waitFor()
  await demo.getByRole('progressbar', { name: /of 6,599 per variant/ }).waitFor()
  const draft = item(page, 'pricing-display-test')
  await draft.getByText('Draft', { exact: true }).waitFor()
  await draft.getByText('Results appear after the launch').waitFor()
})

it('Experiment list: filters by words and status, and keeps both in the URL', async () => {
  await draftExperiment('narrowed-draft', { description: 'a needle in it' })
  const page = await openAs(browser, ADMIN, '/experiments')
  await page.getByRole('searchbox', { name: 'Search experiments' }).fill('needle')
  await item(page, 'narrowed-draft').waitFor()
  await page.getByText('1 found', { exact: true }).waitFor()
  await page.getByLabel('Show').selectOption('Running')
  await page.getByText('No experiment matches').waitFor()
  await page.reload()
  await page.getByText('No experiment matches').waitFor()
  await page.getByRole('button', { name: 'Show all experiments' }).click()
  await item(page, 'checkout-redesign').waitFor()
})

it('Experiment page: creates, launches, pauses, reweights, launches again and stops an experiment', async () => {
  const page = await openAs(browser, EDITOR, '/experiments')
  await page.getByRole('link', { name: 'New experiment' }).click()
  await page.getByRole('textbox', { name: 'Key' }).fill('whole-life')
  await page.getByRole('textbox', { name: 'Description' }).fill('Does it live?')
  await page.getByRole('button', { name: 'Add a variant' }).click()
  await page.getByRole('textbox', { name: 'Name of variant 3' }).fill('third')
  await page.getByRole('spinbutton', { name: 'Weight of third' }).fill('100')
  await expect.poll(() => page.getByLabel('Share of third').textContent()).toBe('50\u00a0%')
  await page.getByRole('button', { name: 'Move third up' }).click()
  await page.getByRole('button', { name: 'Create draft' }).click()
  await page.getByRole('heading', { name: 'whole-life', level: 1 }).waitFor()
  await page.getByText('whole-life is created as a draft').waitFor()
  expect(await readExperiment('whole-life')).toMatchObject({
    status: 'DRAFT',
    description: 'Does it live?',
    variants: [
      { name: 'control', weight: 50 },
      { name: 'third', weight: 100 },
      { name: 'variant', weight: 50 },
    ],
    plan: { baselineRate: 0.1, minimumDetectableEffect: 0.1, power: 0.8, alpha: 0.05 },
  })

  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('dialog').getByText('keeps it for ever').waitFor()
  await confirm(page, 'Launch', 'let us see')
  await page.getByText('Running', { exact: true }).waitFor()
  await page.getByText('Waiting for the first user').waitFor()
  expect(await page.getByRole('button', { name: 'Edit', exact: true }).isDisabled()).toBe(false)
  const variant = await assign('whole-life', 'someone')
  expect(['control', 'third', 'variant']).toContain(variant)

  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.getByRole('dialog').getByText('No new user is assigned.').waitFor()
  await confirm(page, 'Pause')
  await page.getByText('Paused', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await page.getByRole('spinbutton', { name: 'Weight of third' }).fill('0')
  await page.getByText('The variants change for new users only.').waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('whole-life is saved').waitFor()
  expect((await readExperiment('whole-life')).reweightedAt).not.toBeNull()

  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('dialog').getByText('see their old variant again').waitFor()
  await confirm(page, 'Launch')
  await page.getByText('Running', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  const stop = page.getByRole('button', { name: 'Stop now' })
  expect(await stop.isDisabled()).toBe(true)
  await page.getByRole('textbox', { name: 'Type whole-life to confirm' }).fill('whole-life')
  await confirm(page, 'Stop now', 'seen enough')
  await page.getByText('Stopped', { exact: true }).waitFor()
  expect(await page.getByRole('button', { name: 'Launch', exact: true }).count()).toBe(0)
  expect((await readExperiment('whole-life')).status).toBe('STOPPED')
})

it('Launch dialog: schedules a launch, and refuses an impossible schedule before sending it', async () => {
  await draftExperiment('scheduled-one')
  const page = await openAs(browser, ADMIN, '/experiments/scheduled-one')
  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByLabel('Stop at').fill('2020-01-01T00:00')
  await page.getByText(/It cannot be launched: .* has passed/).waitFor()
  expect(
    await page
      .getByRole('dialog')
      .getByRole('button', { name: 'Launch', exact: true })
      .isDisabled(),
  ).toBe(true)
  await page.getByLabel('Stop at').fill('')
  await page.getByLabel('Start at').fill('2020-01-01T00:00')
  await page.getByRole('dialog').getByRole('button', { name: 'Launch', exact: true }).waitFor()
  await page.getByLabel('Start at').fill('2040-01-01T00:00')
  await page.getByText(/That is 2040-01-01 \d\d:\d\d UTC/).waitFor()
  await confirm(page, 'Schedule')
  await page.getByText('Scheduled', { exact: true }).waitFor()
  expect(await assign('scheduled-one', 'too-early')).toBeNull()
})

it('Experiment form: shows issues of the server beside their fields', async () => {
  const page = await openAs(browser, ADMIN, '/experiments/new')
  await page.getByRole('textbox', { name: 'Key' }).fill('two-alike')
  await page.getByRole('textbox', { name: 'Name of variant 2' }).fill('control')
  await page.getByLabel('Start at').fill('2041-01-01T00:00')
  await page.getByLabel('Stop at').fill('2040-01-01T00:00')
  await page.getByRole('button', { name: 'Create draft' }).click()
  await page.getByRole('group', { name: 'Variants' }).getByText('the same name').waitFor()
  await page.getByRole('textbox', { name: 'Name of variant 2' }).fill('other')
  await page.getByRole('button', { name: 'Create draft' }).click()
  await page.getByRole('group', { name: 'Schedule' }).getByText('later than startAt').waitFor()
})

it('Experiment form: explains that a key is taken and keeps the input', async () => {
  const page = await openAs(browser, ADMIN, '/experiments/new')
  await page.getByRole('textbox', { name: 'Key' }).fill('checkout-redesign')
  await page.getByText('A flag or an experiment has this key already.').waitFor()
  await page.getByRole('button', { name: 'Create draft' }).click()
  await page.getByRole('alert').getByText('has this key already').waitFor()
  expect(await page.getByRole('textbox', { name: 'Key' }).inputValue()).toBe('checkout-redesign')
})

it('Experiment form: computes sample size and days while the plan is typed', async () => {
  const page = await openAs(browser, ADMIN, '/experiments/new')
  const plan = page.getByRole('group', { name: 'Plan' })
  await plan.getByLabel('Rate today, %').fill('11')
  await plan.getByLabel('Smallest effect worth finding, %').fill('20')
  await plan.getByText('6,599 users per variant').waitFor()
  await plan.getByLabel(/users a day/).fill('2000')
  await plan.getByText('that takes 7 days').waitFor()
  await plan.getByLabel('Rate today, %').fill('110')
  await plan.getByText('Rate today must lie between 0.0001 and 99.99 %.').waitFor()
  await plan.getByLabel('Plan the sample').uncheck()
  await plan.getByText('Without a plan').waitFor()
})

it('Experiment form: refuses to overwrite a change that another admin saved first', async () => {
  await draftExperiment('raced')
  const page = await openAs(browser, ADMIN, '/experiments/raced')
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await page.getByRole('textbox', { name: 'Description' }).fill('mine')
  await takeStep('raced', 'launch', EDITOR)
  await page
    .getByRole('alert')
    .getByText('Someone saved this experiment while you were editing')
    .waitFor()
  expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
})

it('Experiment page: shows the change of another admin without a reload', async () => {
  await draftExperiment('watched')
  const page = await openAs(browser, VIEWER, '/experiments/watched')
  await page.getByText('Draft', { exact: true }).waitFor()
  await takeStep('watched', 'launch')
  // The page must not wait for the next tick of its clock.
  await page.getByText('Running', { exact: true }).waitFor({ timeout: 10_000 })
})

it('Launch dialog: says why when the experiment was stopped in the meantime', async () => {
  await draftExperiment('stale')
  const page = await openAs(browser, ADMIN, '/experiments/stale')
  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await page.route('**/launch', (route) =>
    route.fulfill({
      status: 409,
      json: { errorCode: 'CONFLICT', errorDetails: 'this one is STOPPED' },
    }),
  )
  await page.getByRole('dialog').getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('dialog').getByRole('alert').getByText('this one is STOPPED').waitFor()
})

it('Experiment page: allows only an admin to delete a draft', async () => {
  await draftExperiment('short-lived')
  const theirs = await openAs(browser, EDITOR, '/experiments/short-lived')
  expect(await theirs.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true)
  const page = await openAs(browser, ADMIN, '/experiments/short-lived')
  await page.getByRole('button', { name: 'Delete' }).click()
  await confirm(page, 'Delete', 'a mistake')
  await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  expect((await readExperiment('short-lived')).key).toBeUndefined()
  await theirs.getByText('There is no such experiment').waitFor()
})

it('Experiment page: archives a stopped experiment, finds it again and deletes it for good', async () => {
  await draftExperiment('past-life')
  await takeStep('past-life', 'launch')
  await takeStep('past-life', 'stop')
  const page = await openAs(browser, ADMIN, '/experiments/past-life')
  await page.getByRole('button', { name: 'Archive', exact: true }).click()
  await page.getByRole('dialog').getByText('It leaves the list').waitFor()
  await confirm(page, 'Archive', 'learned enough')
  await page.getByText('Archived', { exact: true }).waitFor()

  await page.getByRole('link', { name: 'Experiments' }).click()
  await item(page, 'checkout-redesign').waitFor()
  expect(await item(page, 'past-life').count()).toBe(0)
  await page.getByLabel('Show').selectOption('Archived')
  await item(page, 'past-life').waitFor()
  expect(new URL(page.url()).searchParams.get('status')).toBe('ARCHIVED')
  await page.getByRole('link', { name: 'past-life' }).click()

  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Nothing can restore them').waitFor()
  await dialog.getByText('The key cannot be used again').waitFor()
  expect(await dialog.getByRole('button', { name: 'Delete for good' }).isDisabled()).toBe(true)
  await dialog.getByRole('textbox', { name: 'Type past-life to confirm' }).fill('past-life')
  await confirm(page, 'Delete for good', 'asked by legal')
  await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  expect((await readExperiment('past-life')).key).toBeUndefined()
})

it('Experiment list: shows pages of 50, and the address keeps the page', async () => {
  const experiments = Array.from({ length: 51 }, (_, index) => ({
    key: `paged-${String(index).padStart(2, '0')}`,
    variants: HALF_AND_HALF,
    owner: 'Team Pages',
  }))
  await adminApi('POST', '/api/import', {
    format: 'indietix-flags',
    version: 1,
    flags: [],
    experiments,
  })
  const page = await openAs(browser, VIEWER, '/experiments?owner=Team+Pages')
  await item(page, 'paged-49').waitFor()
  await page.getByText('50 on this page').waitFor()
  await page.getByRole('button', { name: 'Next page' }).click()
  await item(page, 'paged-50').waitFor()
  await page.reload()
  await item(page, 'paged-50').waitFor()
  expect(await item(page, 'paged-49').count()).toBe(0)
  await page.goBack()
  await item(page, 'paged-49').waitFor()
})

it('Experiment page: a tester who is named while it runs sees the chosen variant', async () => {
  await draftExperiment('named-testers')
  await takeStep('named-testers', 'launch')
  const page = await openAs(browser, EDITOR, '/experiments/named-testers')
  await page.getByRole('button', { name: 'Edit the lists' }).click()
  await page.getByRole('textbox', { name: 'Testers who see B' }).fill('qa-1')
  await page.getByRole('textbox', { name: 'Left out' }).fill('qa-1')
  await page.getByRole('textbox', { name: 'Reason' }).click()
  await page.getByText('qa-1 is in two lists').waitFor()
  await page.getByRole('button', { name: 'Remove qa-1 from Left out' }).click()
  await page.getByRole('button', { name: 'Save the lists' }).click()
  await page.getByRole('button', { name: 'Edit the lists' }).waitFor()
  await page.getByText('See B', { exact: true }).waitFor()
  expect(await assign('named-testers', 'qa-1')).toBe('B')
})

it('Experiment page: asks before the form of the settings replaces a draft of the lists', async () => {
  await draftExperiment('kept-lists')
  const page = await openAs(browser, EDITOR, '/experiments/kept-lists')
  const edit = page.getByRole('button', { name: 'Edit', exact: true })
  const list = page.getByRole('textbox', { name: 'Left out' })
  await page.getByRole('button', { name: 'Edit the lists' }).click()
  await list.fill('qa-1')
  await page.getByRole('textbox', { name: 'Reason' }).click()
  page.once('dialog', (dialog) => void dialog.dismiss())
  await edit.click()
  await page.getByRole('button', { name: 'Remove qa-1 from Left out' }).waitFor()
  page.once('dialog', (dialog) => void dialog.accept())
  await edit.click()
  await page.getByRole('heading', { name: 'Edit the settings' }).waitFor()
})

it('Experiment page: refuses lists over a change that another admin saved first', async () => {
  await draftExperiment('raced-lists')
  const page = await openAs(browser, ADMIN, '/experiments/raced-lists')
  await page.getByRole('button', { name: 'Edit the lists' }).click()
  await page.getByRole('textbox', { name: 'Left out' }).fill('qa-1')
  await page.getByRole('textbox', { name: 'Reason' }).click()
  const save = page.getByRole('button', { name: 'Save the lists' })
  expect(await save.isDisabled()).toBe(false)
  await takeStep('raced-lists', 'launch', EDITOR)
  await page
    .getByRole('alert')
    .getByText('Someone saved this experiment while you were editing')
    .waitFor()
  expect(await save.isDisabled()).toBe(true)
})

it('Experiment page: shows everything to a viewer and disables every edit', async () => {
  const page = await openAs(browser, VIEWER, '/experiments')
  await item(page, 'checkout-redesign').waitFor()
  expect(await page.getByRole('button', { name: 'New experiment' }).isDisabled()).toBe(true)
  await page.getByRole('link', { name: 'checkout-redesign' }).click()
  for (const name of ['Pause', 'Stop', 'Edit'])
    expect(await page.getByRole('button', { name, exact: true }).isDisabled()).toBe(true)
  await page.getByRole('link', { name: 'Export results CSV' }).waitFor()
})
