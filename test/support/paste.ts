import type { Locator } from 'playwright-core'

/** Copies text and pastes it with the keyboard. */
export const paste = async (into: Locator, text: string): Promise<void> => {
  const page = into.page()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
  await into.press('ControlOrMeta+V')
}
