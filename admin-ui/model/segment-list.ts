import type { ListedSegment } from '../../schema/segment.ts'
import { matchesSearch } from './query.ts'
import { joinParts } from './names.ts'

export const SEGMENT_FILTERS = { all: 'All', used: 'In use', unused: 'Not in use' } as const
export type SegmentFilter = keyof typeof SEGMENT_FILTERS

/** Selects the segments of a view, in the order of their keys. */
export const selectSegments = (
  items: readonly ListedSegment[],
  search: string,
  filter: SegmentFilter,
): ListedSegment[] =>
  items.filter(
    ({ key, description, updatedBy, usedBy }) =>
      (filter === 'all' || (filter === 'used') === usedBy > 0) &&
      matchesSearch(search, key, description, updatedBy),
  )

const count = (number: number, one: string, many: string) =>
  number > 0 && `${number} ${number === 1 ? one : many}`

/** Describes what a segment consists of: "12 included, 1 condition". */
export const describeContent = ({
  included,
  excluded,
  conditions,
}: Pick<ListedSegment, 'included' | 'excluded' | 'conditions'>): string =>
  joinParts(
    count(included, 'included', 'included'),
    count(excluded, 'excluded', 'excluded'),
    count(conditions, 'condition', 'conditions'),
  ) || 'nobody'
