import { signal } from '@preact/signals'
import type { AuditEntry } from '../../schema/audit.ts'
import { readAnswer, api, encodeParams, describeError } from '../api.ts'
import { coalesce } from './coalesce.ts'
import { withComment, edit } from './edit.ts'
import { loadFlags } from './flags.ts'
import type { Listed } from './list.ts'

export type AuditFilter = { readonly target: string; readonly actor: string }

const PAGE = '50'

/** Creates a filtered view of the audit, the newest entries first. */
export const createAuditList = ({ target, actor }: AuditFilter, limit = PAGE) => {
  const entries = signal<Listed<AuditEntry>>({ items: null, error: null })
  const next = signal<string | null>(null)
  const read = (cursor: string | null) =>
    readAnswer(
      api.audit.$get({
        query: {
          limit,
          ...(target && { target }),
          ...(actor && { actor }),
          ...(cursor !== null && { cursor }),
        },
      }),
    )
  const show = async (cursor: string | null) => {
    try {
      const page = await read(cursor)
      const known = entries.value.items ?? []
      const oldest = page.items.at(-1)?.id
      // Entries that were read before stay, unless a whole page of new entries leaves a gap.
      const isJoined = cursor !== null || known.some(({ id }) => id === oldest)
      const all = new Map([...(isJoined ? known : []), ...page.items].map((one) => [one.id, one]))
      entries.value = { items: [...all.values()].toSorted((a, b) => b.id - a.id), error: null }
      if (cursor === null ? !isJoined : cursor === next.value) next.value = page.nextCursor
    } catch (error) {
      entries.value = { ...entries.value, error: describeError(error) }
    }
  }
  return { entries, next, load: coalesce(() => show(null)), loadMore: () => show(next.value) }
}

/** Reverts a change. With `force`, also when newer changes are lost. */
export const revert = async (entry: AuditEntry, comment: string, force: boolean): Promise<void> => {
  const sent = {
    param: encodeParams({ id: String(entry.id) }),
    json: { force, ...withComment(comment) },
  }
  await edit(api.audit[':id'].revert.$post(sent), loadFlags, `Change #${entry.id} is reverted`)
}
