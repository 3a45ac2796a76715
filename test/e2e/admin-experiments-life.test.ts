import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { draftExperiment, readExperiment, takeStep } from '../support/admin-experiments.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, EDITOR } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

const confirm = async (page: Page, action: string) => {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

it('Experiment page: changes description, owner and stop of a running experiment', async () => {
  await draftExperiment('life-edited')
  await takeStep('life-edited', 'launch')
  const page = await openAs(browser, EDITOR, '/experiments/life-edited')
  await press(page, 'Edit')
  await page.getByText('Pause it to change variants or the plan.').waitFor()
  expect(await page.getByRole('group', { name: 'Variants' }).count()).toBe(0)
  await page.getByRole('textbox', { name: 'Description' }).fill('Now with a question?')
  await page.getByRole('textbox', { name: 'Owner' }).fill('Checkout team')
  await page.getByRole('textbox', { name: 'Note' }).fill('Two shops were closed on Monday.')
  await page.getByLabel('Stop at').fill('2041-01-01T00:00')
  await press(page, 'Save')
  await page.getByText('life-edited is saved').waitFor()
  await page.getByText('Two shops were closed on Monday.').waitFor()
  expect(await readExperiment('life-edited')).toMatchObject({
    status: 'RUNNING',
    description: 'Now with a question?',
    owner: 'Checkout team',
    note: 'Two shops were closed on Monday.',
    stopAt: expect.stringMatching(/^20(40-12-31|41-01-01)T/) as string,
  })
})

it('Experiment page: records a decision on a stopped experiment and runs it again', async () => {
  await draftExperiment('life-decided')
  await takeStep('life-decided', 'launch')
  await takeStep('life-decided', 'stop')
  const page = await openAs(browser, EDITOR, '/experiments/life-decided')
  await press(page, 'Record a decision')
  await page.getByRole('combobox', { name: 'Decision' }).selectOption('Ship B')
  await page.getByRole('textbox', { name: 'Note' }).fill('B sells more tickets.')
  await confirm(page, 'Save')
  await page.getByText('Ship B', { exact: true }).waitFor()
  await page.getByText('B sells more tickets.').waitFor()
  expect(await readExperiment('life-decided')).toMatchObject({
    decision: { outcome: 'ship', variant: 'B' },
  })

  await press(page, 'Run again')
  await page.getByRole('dialog').getByText('The earlier ones leave the verdict').waitFor()
  await confirm(page, 'Run again')
  await page.getByText('Running', { exact: true }).waitFor()
  const { decision, phases = [] } = await readExperiment('life-decided')
  expect([decision, phases.at(-1)?.startsOver]).toEqual([null, true])
})

it('Launch dialog: starts the results over after a pause when the admin asks for it', async () => {
  await draftExperiment('life-over')
  await takeStep('life-over', 'launch')
  await takeStep('life-over', 'pause')
  const page = await openAs(browser, EDITOR, '/experiments/life-over')
  await press(page, 'Launch')
  await page.getByRole('checkbox', { name: 'Start the results over' }).check()
  await page.getByText('The results so far leave the verdict for good.').waitFor()
  await confirm(page, 'Launch')
  await page.getByText('Running', { exact: true }).waitFor()
  expect((await readExperiment('life-over')).phases?.at(-1)).toMatchObject({
    phase: 2,
    startsOver: true,
  })
})

it('Experiment page: copies an experiment under a new key, without its schedule', async () => {
  await draftExperiment('life-original', {
    description: 'Does it sell?',
    variants: [
      { name: 'old', weight: 1 },
      { name: 'new', weight: 3 },
    ],
    stopAt: '2042-01-01T00:00:00Z',
  })
  const page = await openAs(browser, ADMIN, '/experiments/life-original')
  await press(page, 'Copy')
  await page.getByRole('heading', { name: 'Copy of life-original', level: 1 }).waitFor()
  await page.getByRole('textbox', { name: 'Key' }).fill('life-copy')
  await press(page, 'Create draft')
  await page.getByRole('heading', { name: 'life-copy', level: 1 }).waitFor()
  expect(await readExperiment('life-copy')).toMatchObject({
    status: 'DRAFT',
    description: 'Does it sell?',
    variants: [
      { name: 'old', weight: 1 },
      { name: 'new', weight: 3 },
    ],
    stopAt: null,
  })
})
