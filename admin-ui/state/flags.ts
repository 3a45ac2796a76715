import type { Flag, FlagSettings, ListedFlag } from '../../schema/flag.ts'
import { readAnswer, api, encodeParams } from '../api.ts'
import { toDraft, toSettings } from '../model/draft.ts'
import { withComment, edit, versionHeaders } from './edit.ts'
import { createList } from './list.ts'

export const { list: flags, load: loadFlags } = createList<ListedFlag>((query) =>
  readAnswer(api.flags.$get({ query })),
)

/** The flag with this key, as it was loaded last. */
export const findFlag = (key: string): ListedFlag | undefined =>
  flags.value.items?.find((flag) => flag.key === key)

type Version = Pick<Flag, 'key' | 'version'>

/**
 * Switches a flag, and says so with a way back. On only as it was on the screen; off whatever else was changed
 * meanwhile: who pulls a kill switch must not be told that someone just edited its description.
 */
export const switchFlag = async (
  { key, version }: Version,
  enabled: boolean,
  comment?: string,
): Promise<void> => {
  const json = { enabled, ...withComment(comment) }
  await edit(
    api.flags[':key'].$patch(
      { param: encodeParams({ key }), json },
      enabled ? versionHeaders(version) : {},
    ),
    loadFlags,
    `${key} is ${enabled ? 'on' : 'off'}`,
    ({ flag }) => flag && (() => switchFlag(flag, !enabled, 'Undone')),
  )
}

/** Creates a flag (before null) or replaces it, and says so; an edit can be undone. */
export const saveFlag = async (
  key: string,
  settings: FlagSettings,
  before: Flag | null,
  comment?: string,
): Promise<Flag | null> => {
  const json = { ...settings, ...withComment(comment) }
  const { flag } = await edit(
    api.flags[':key'].$put(
      { param: encodeParams({ key }), json },
      versionHeaders(before?.version ?? null),
    ),
    loadFlags,
    `${key} is ${before ? 'saved' : 'created'}`,
    (edited) =>
      edited.flag &&
      before &&
      (() => saveFlag(key, toSettings(toDraft(before)), edited.flag, 'Undone')),
  )
  return flag
}

export const deleteFlag = async ({ key, version }: Version, comment: string): Promise<void> => {
  await edit(
    api.flags[':key'].$delete(
      { param: encodeParams({ key }), json: withComment(comment) },
      versionHeaders(version),
    ),
    loadFlags,
    `${key} is deleted`,
  )
}
