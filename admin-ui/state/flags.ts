import type { Flag, FlagSettings, ListedFlag } from '../../schema/flag.ts'
import { readAnswer, api, encodeParams } from '../api.ts'
import { toDraft, toSettings } from '../model/draft.ts'
import { withComment, edit, versionHeaders } from './edit.ts'
import { createList } from './list.ts'

export const { list: flags, load: loadFlags } = createList<ListedFlag>((query) =>
  readAnswer(api.flags.$get({ query })),
)

/** Finds a flag in the loaded list. */
export const findFlag = (key: string): ListedFlag | undefined =>
  flags.value.items?.find((flag) => flag.key === key)

type Version = Pick<Flag, 'key' | 'version'>

/**
 * Switches a flag, with Undo in the notice. Switching on needs the version on the screen. Switching off needs none: an
 * edit of the description must not stop a kill switch.
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

/** Replaces a flag, with Undo in the notice. Creates it when `before` is null. */
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
