import { signal } from '@preact/signals'
import type { Flag, ListedFlag } from '../../schema/flag.ts'
import { answerOf, api, messageOf } from '../api.ts'
import { notify, notifyError } from './notices.ts'

/** A list as far as it is known: what was loaded last stays while it is loaded again, or cannot be. */
export type Listed<Item> = {
  readonly items: readonly Item[] | null
  readonly error: string | null
}

export const flags = signal<Listed<ListedFlag>>({ items: null, error: null })

const PAGE = '200'

const readAllFlags = async () => {
  const all: ListedFlag[] = []
  let cursor: string | null = null
  do {
    const page: { items: ListedFlag[]; nextCursor: string | null } = await answerOf(
      api.flags.$get({ query: { limit: PAGE, ...(cursor !== null && { cursor }) } }),
    )
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}

export const loadFlags = async (): Promise<void> => {
  try {
    flags.value = { items: await readAllFlags(), error: null }
  } catch (error) {
    flags.value = { ...flags.value, error: messageOf(error) }
  }
}

type Change = { readonly enabled: boolean; readonly comment?: string }

const ifMatch = ({ version }: Pick<Flag, 'version'>) => ({
  headers: { 'If-Match': `"${version}"` },
})

const patch = ({ key, ...flag }: Pick<Flag, 'key' | 'version'>, change: Change) =>
  answerOf(api.flags[':key'].$patch({ param: { key }, json: change }, ifMatch(flag)))

/** Switches a flag, says so with a way back, and never over a change that was not on the screen. */
export const switchFlag = async (
  flag: Pick<Flag, 'key' | 'version'>,
  enabled: boolean,
  comment?: string,
): Promise<void> => {
  const edit = await patch(flag, { enabled, ...(comment && { comment }) })
  await loadFlags()
  const { flag: changed, snapshotVersion: version } = edit
  if (!changed) return
  notify({
    text: `${flag.key} is ${enabled ? 'on' : 'off'}`,
    version,
    undo: () => switchFlag(changed, !enabled, 'Undone').catch(notifyError),
  })
}
