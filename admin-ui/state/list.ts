import { signal } from '@preact/signals'
import { describeError } from '../api.ts'
import { coalesce } from './coalesce.ts'

/** A list from the server. The last items stay while it loads again, and after an error. */
export type Listed<Item> = {
  readonly items: readonly Item[] | null
  readonly error: string | null
}

type Query = { readonly limit: string; readonly cursor?: string }
type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null }

const PAGE = '200'

/** Creates a list that loads all of its pages. */
export const createList = <Item>(readPage: (query: Query) => Promise<Page<Item>>) => {
  const list = signal<Listed<Item>>({ items: null, error: null })
  const readFrom = async (cursor: string | null): Promise<readonly Item[]> => {
    const page = await readPage({ limit: PAGE, ...(cursor !== null && { cursor }) })
    return page.nextCursor === null
      ? page.items
      : [...page.items, ...(await readFrom(page.nextCursor))]
  }
  const load = coalesce(async () => {
    try {
      list.value = { items: await readFrom(null), error: null }
    } catch (error) {
      list.value = { ...list.value, error: describeError(error) }
    }
  })
  return { list, load }
}
