import { signal } from '@preact/signals'
import type { Flag, FlagSettings, ListedFlag } from '../../schema/flag.ts'
import { answerOf, api, messageOf } from '../api.ts'
import { toDraft, toSettings } from '../model/draft.ts'
import { coalesced } from './coalesced.ts'
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

export const loadFlags = coalesced(async () => {
  try {
    flags.value = { items: await readAllFlags(), error: null }
  } catch (error) {
    flags.value = { ...flags.value, error: messageOf(error) }
  }
})

/** The flag with this key, as it was loaded last. */
export const flagOf = (key: string): ListedFlag | undefined =>
  flags.value.items?.find((flag) => flag.key === key)

type Version = Pick<Flag, 'key' | 'version'>

/** Edits only what was on the screen: a flag at this version, or none at all. */
const onlyIf = (version: number | null) => ({
  headers: version === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${version}"` },
})

const because = (comment: string | undefined) => (comment ? { comment } : {})

/**
 * Switches a flag, and says so with a way back. On only as it was on the screen; off whatever else was changed
 * meanwhile: who pulls a kill switch must not be told that someone just edited its description.
 */
export const switchFlag = async (
  { key, version }: Version,
  enabled: boolean,
  comment?: string,
): Promise<void> => {
  const edit = await answerOf(
    api.flags[':key'].$patch(
      { param: { key }, json: { enabled, ...because(comment) } },
      enabled ? onlyIf(version) : {},
    ),
  )
  await loadFlags()
  const { flag: changed, snapshotVersion } = edit
  notify({
    text: `${key} is ${enabled ? 'on' : 'off'}`,
    version: snapshotVersion,
    ...(changed && { undo: () => switchFlag(changed, !enabled, 'Undone').catch(notifyError) }),
  })
}

const put = (key: string, settings: FlagSettings, version: number | null, comment?: string) =>
  answerOf(
    api.flags[':key'].$put(
      { param: { key }, json: { ...settings, ...because(comment) } },
      onlyIf(version),
    ),
  )

/** Creates a flag (version null) or replaces it, and says so; an edit can be undone. */
export const saveFlag = async (
  key: string,
  settings: FlagSettings,
  before: Flag | null,
  comment?: string,
): Promise<Flag | null> => {
  const { flag, snapshotVersion } = await put(key, settings, before?.version ?? null, comment)
  await loadFlags()
  notify({
    text: before ? `${key} is saved` : `${key} is created`,
    version: snapshotVersion,
    ...(flag &&
      before && {
        undo: async () => {
          await saveFlag(key, toSettings(toDraft(before)), flag, 'Undone').catch(notifyError)
        },
      }),
  })
  return flag
}

export const deleteFlag = async ({ key, version }: Version, comment: string): Promise<void> => {
  const { snapshotVersion } = await answerOf(
    api.flags[':key'].$delete({ param: { key }, json: because(comment) }, onlyIf(version)),
  )
  await loadFlags()
  notify({ text: `${key} is deleted`, version: snapshotVersion })
}
