import type { ListedFlag } from '../../schema/flag.ts'
import { matchesSearch, oneOf } from './query.ts'
import { getFlagState, describeTargeting } from './flag-state.ts'

export const FILTERS = {
  all: 'All',
  on: 'On for everyone',
  partly: 'On for some',
  off: 'Off',
  targeted: 'With targeting',
} as const
export type Filter = keyof typeof FILTERS

export const SORTS = { key: 'Key', changed: 'Last changed', rollout: 'Rollout' } as const
export type Sort = keyof typeof SORTS

export type View = { readonly search: string; readonly filter: Filter; readonly sort: Sort }

/** Reads a view from the query of the URL. Unknown values become the default. */
export const readView = (query: URLSearchParams): View => {
  return {
    search: query.get('search') ?? '',
    filter: oneOf(FILTERS, query.get('filter'), 'all'),
    sort: oneOf(SORTS, query.get('sort'), 'key'),
  }
}

const passes = (flag: ListedFlag, filter: Filter): boolean => {
  if (filter === 'all') return true
  return filter === 'targeted' ? describeTargeting(flag) !== '' : getFlagState(flag) === filter
}

const byKey = (a: ListedFlag, b: ListedFlag) => (a.key < b.key ? -1 : 1)

const ORDERS: Readonly<Record<Sort, (a: ListedFlag, b: ListedFlag) => number>> = {
  key: byKey,
  changed: (a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt) || byKey(a, b),
  rollout: (a, b) => b.rollout - a.rollout || byKey(a, b),
}

/** Selects the flags of a view, in its order. */
export const selectFlags = (
  flags: readonly ListedFlag[],
  { search, filter, sort }: View,
): ListedFlag[] =>
  flags
    .filter(
      (flag) =>
        passes(flag, filter) && matchesSearch(search, flag.key, flag.description, flag.updatedBy),
    )
    .toSorted(ORDERS[sort])
