import type { ListedSegment } from '../../schema/segment.ts'
import { Changed } from '../components/changed.tsx'
import { Clamped } from '../components/clamped.tsx'
import { Loaded } from '../components/empty.tsx'
import { FilteredList } from '../components/filtered-list.tsx'
import { NewLink } from '../components/new-link.tsx'
import { Page } from '../components/page.tsx'
import { Table, type Column, type Row } from '../components/table.tsx'
import { describeContent, SEGMENT_FILTERS, selectSegments } from '../model/segment-list.ts'
import { oneOf } from '../model/query.ts'
import { PAGES, segmentPath } from '../page-table.ts'
import { address } from '../router.ts'
import { useLive } from '../state/live.ts'
import { loadSegments, segments } from '../state/segments.ts'

const COLUMNS: readonly Column[] = [
  ['Segment'],
  ['Users', 'wide-only'],
  ['Used by'],
  ['Last changed', 'wide-only quiet'],
]

const toRow = (segment: ListedSegment): Row => ({
  key: segment.key,
  cells: [
    <>
      <a class="key" href={segmentPath(segment.key)}>
        {segment.key}
      </a>
      <Clamped text={segment.description} />
    </>,
    describeContent(segment),
    segment.usedBy === 0 ? (
      <span class="quiet">no flag</span>
    ) : (
      `${segment.usedBy} ${segment.usedBy === 1 ? 'flag' : 'flags'}`
    ),
    <Changed at={segment.updatedAt} by={segment.updatedBy} />,
  ],
})

const List = ({ items }: { readonly items: readonly ListedSegment[] }) => {
  const query = address.value.searchParams
  const search = query.get('search') ?? ''
  const filter = oneOf(SEGMENT_FILTERS, query.get('filter'), 'all')
  const shown = selectSegments(items, search, filter)
  return (
    <FilteredList
      noun="segment"
      placeholder="Search key, description, person"
      search={search}
      choices={[{ label: 'Show', name: 'filter', value: filter, of: SEGMENT_FILTERS }]}
      shown={shown.length}
      count={
        shown.length === items.length
          ? `${items.length} in all`
          : `${shown.length} of ${items.length}`
      }
    >
      <Table caption="Segments" columns={COLUMNS} rows={shown.map(toRow)} style="segments" />
    </FilteredList>
  )
}

export const SegmentsPage = () => {
  useLive(loadSegments)
  return (
    <Page title="Segments" actions={<NewLink href={PAGES.newSegment.path}>New segment</NewLink>}>
      <Loaded
        {...segments.value}
        what="segments"
        about="A segment is a group of users that several flags share. An edit of it takes effect in all of them."
        retry={loadSegments}
      >
        {(items) => <List items={items} />}
      </Loaded>
    </Page>
  )
}
