import type { ApiKey, ClientSettings, KeyKind } from '../../schema/key.ts'
import { readAnswer, api, encodeParams } from '../api.ts'
import { withComment, edit } from './edit.ts'
import { createList } from './list.ts'

export const { list: keys, load: loadKeys } = createList<ApiKey>((query) =>
  readAnswer(api.keys.$get({ query })),
)

type Settings = Pick<ClientSettings, 'origins' | 'trustsRole'>

/** Creates a key and returns its secret, which the server never shows again. Only client keys have settings. */
export const createKey = async (
  name: string,
  kind: KeyKind,
  settings: Settings,
  comment: string,
): Promise<string> => {
  const json = { name, kind, ...(kind === 'client' && settings), ...withComment(comment) }
  const { secret } = await readAnswer(api.keys.$post({ json }))
  await loadKeys()
  return secret
}

export const revokeKey = async ({ id, name }: ApiKey, comment: string): Promise<void> => {
  await edit(
    api.keys[':id'].$delete({ param: encodeParams({ id }), json: withComment(comment) }),
    loadKeys,
    `${name} is revoked`,
  )
}
