import { FILTERS, type Filter } from './experiment-status.ts'
import { oneOf } from './query.ts'

/** What the list of experiments shows. The URL keeps it. */
export type ExperimentView = {
  readonly search: string
  readonly status: Filter
  readonly owner: string
  /** The cursor of the page. Empty: the first page. */
  readonly after: string
}

export const readExperimentView = (query: URLSearchParams): ExperimentView => ({
  search: query.get('search') ?? '',
  status: oneOf(FILTERS, query.get('status'), 'ALL'),
  owner: query.get('owner') ?? '',
  after: query.get('after') ?? '',
})

export const PAGE_SIZE = '50'

/** The query of the API. Running experiments come first. */
export const toExperimentQuery = ({ search, status, owner, after }: ExperimentView) => ({
  limit: PAGE_SIZE,
  sort: 'status' as const,
  ...(search.trim() !== '' && { search: search.trim() }),
  ...(status !== 'ALL' && { status }),
  ...(owner !== '' && { owner }),
  ...(after !== '' && { cursor: after }),
})

export const isFiltered = ({ search, status, owner }: ExperimentView): boolean =>
  search.trim() !== '' || status !== 'ALL' || owner !== ''

/** Says how many experiments there are, as far as one page tells. */
export const describeCount = (shown: number, view: ExperimentView, hasMore: boolean): string => {
  if (hasMore || view.after !== '') return `${shown} on this page`
  return isFiltered(view) ? `${shown} found` : `${shown} in all`
}
