import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TransferDocument } from '../../schema/transfer.ts'
import { takeStep, draftExperiment, readExperiment } from '../support/admin-experiments.ts'
import { putFlag, readFlag } from '../support/admin-api.ts'
import { launchChromium, openAs } from '../support/chromium.ts'
import { ADMIN, VIEWER } from '../support/credentials.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

const createFile = (content: string) => ({
  name: 'flags.json',
  mimeType: 'application/json',
  buffer: Buffer.from(content),
})

it('Import: shows a diff of an edited export and imports it', async () => {
  await putFlag('carry.changed', { rollout: 10 })
  await putFlag('carry.same', { rollout: 10 })
  const page = await openAs(browser, ADMIN, '/settings/transfer')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download flags' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/^flags-\d{4}-\d\d-\d\d\.json$/)
  const document = JSON.parse(await readFile(await download.path(), 'utf8')) as TransferDocument
  expect(document.experiments?.map(({ key }) => key)).toContain('checkout-redesign')
  const carried = document.flags
    .filter(({ key }) => key.startsWith('carry.'))
    .map((flag) => (flag.key === 'carry.changed' ? { ...flag, rollout: 25 } : flag))
  const edited = { ...document, flags: [...carried, { key: 'carry.new' }], experiments: [] }
  const content = JSON.stringify(edited)
  await page.getByLabel('File to import').setInputFiles(createFile(content))
  await page.getByText('2 to change, 1 unchanged').waitFor()
  const changed = page.getByRole('listitem').filter({ hasText: 'carry.changed' })
  expect(await changed.innerText()).toMatch(/10 %\s+becomes\s+25 %/)
  expect(await readFlag('carry.changed')).toMatchObject({ rollout: 10 })
  await page.getByRole('textbox', { name: 'Reason' }).fill('from staging')
  await page.getByRole('button', { name: 'Import 2' }).click()
  await page.getByText('2 flags imported').waitFor()
  expect(await readFlag('carry.changed')).toMatchObject({ rollout: 25 })
  expect(await readFlag('carry.new')).toMatchObject({ enabled: false, version: 1 })
  await page.getByLabel('File to import').setInputFiles(createFile(content))
  await page.getByText('0 to change, 3 unchanged').waitFor()
})

const file = (...experiments: object[]) =>
  createFile(JSON.stringify({ format: 'indietix-flags', version: 1, flags: [], experiments }))

it('Import: adds experiments as drafts and refuses to change a running one', async () => {
  const { variants } = await draftExperiment('carry-draft')
  const bold = [
    { name: 'A', weight: 10 },
    { name: 'B', weight: 90 },
  ]
  const chosen = file({ key: 'carry-draft', variants: bold }, { key: 'carry-new', variants })
  const page = await openAs(browser, ADMIN, '/settings/transfer')
  await page.getByLabel('File to import').setInputFiles(chosen)
  await page.getByText('2 to change, 0 unchanged').waitFor()
  const changed = page.getByRole('listitem').filter({ hasText: 'carry-draft' })
  expect(await changed.innerText()).toMatch(/A 50 %, B 50 %\s+becomes\s+A 10 %, B 90 %/)
  expect(await page.getByRole('listitem').filter({ hasText: 'carry-new' }).innerText()).toMatch(
    /carry-new\s+new\s+experiment\s+Draft/i,
  )
  await page.getByRole('textbox', { name: 'Reason' }).fill('from staging')
  await page.getByRole('button', { name: 'Import 2' }).click()
  await page.getByText('2 experiments imported').waitFor()
  expect(await readExperiment('carry-draft')).toMatchObject({ variants: bold, version: 2 })
  expect(await readExperiment('carry-new')).toMatchObject({ status: 'DRAFT', version: 1 })
  await takeStep('carry-draft', 'launch')
  await page.getByLabel('File to import').setInputFiles(file({ key: 'carry-draft', variants }))
  await page.getByRole('alert').getByText('experiments.0', { exact: true }).waitFor()
  await page.getByRole('alert').getByText('pause it first').first().waitFor()
})

it('Import: refuses a wrong document and lists the wrong places', async () => {
  const page = await openAs(browser, ADMIN, '/settings/transfer')
  await page.getByLabel('File to import').setInputFiles(createFile('flags: []'))
  await page.getByRole('alert').getByText('flags.json is not JSON.').waitFor()
  const wrong = { format: 'indietix-flags', version: 1, flags: [{ key: 'a', rollout: 101 }] }
  await page.getByLabel('File to import').setInputFiles(createFile(JSON.stringify(wrong)))
  await page.getByRole('alert').getByText('flags.0.rollout', { exact: true }).waitFor()
})

it('Transfer page: allows a viewer to export and not to import', async () => {
  const page = await openAs(browser, VIEWER, '/settings/transfer')
  await page.getByRole('link', { name: 'Download flags' }).waitFor()
  expect(await page.getByLabel('File to import').isDisabled()).toBe(true)
})

it('Import: accepts the same file a second time', async () => {
  const page = await openAs(browser, ADMIN, '/settings/transfer')
  const field = page.getByLabel('File to import')
  const flags = [{ key: 'carry.again' }]
  await field.setInputFiles(
    createFile(JSON.stringify({ format: 'indietix-flags', version: 1, flags })),
  )
  await page.getByText('1 to change').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  // A browser reports a choice only when it differs from the last one, so a click must clear the input.
  const choosing = page.waitForEvent('filechooser')
  await field.click()
  await choosing
  expect(await field.inputValue()).toBe('')
})
