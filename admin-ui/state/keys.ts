import { signal } from '@preact/signals'
import type { ApiKey, KeyKind } from '../../schema/key.ts'
import { answerOf, api, messageOf } from '../api.ts'
import { coalesced } from './coalesced.ts'
import type { Listed } from './flags.ts'
import { notify } from './notices.ts'

export const keys = signal<Listed<ApiKey>>({ items: null, error: null })

const PAGE = '200'

export const loadKeys = coalesced(async () => {
  try {
    const all: ApiKey[] = []
    let cursor: string | null = null
    do {
      const page: { items: ApiKey[]; nextCursor: string | null } = await answerOf(
        api.keys.$get({ query: { limit: PAGE, ...(cursor !== null && { cursor }) } }),
      )
      all.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    keys.value = { items: all, error: null }
  } catch (error) {
    keys.value = { ...keys.value, error: messageOf(error) }
  }
})

/** Makes a key; its secret is in the answer, and nowhere else ever again. */
export const createKey = async (name: string, kind: KeyKind): Promise<string> => {
  const { secret } = await answerOf(api.keys.$post({ json: { name, kind } }))
  await loadKeys()
  return secret
}

export const revokeKey = async ({ id, name }: ApiKey, comment: string): Promise<void> => {
  const { snapshotVersion } = await answerOf(
    api.keys[':id'].$delete({ param: { id }, json: comment ? { comment } : {} }),
  )
  await loadKeys()
  notify({ text: `${name} is revoked`, version: snapshotVersion })
}
