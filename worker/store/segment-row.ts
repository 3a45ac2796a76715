import { countJsonBytes } from '../../schema/json-bytes.ts'
import { SegmentSettings, type Segment } from '../../schema/segment.ts'
import type { segment } from '../../schema/tables-segment.ts'
import { parseColumn } from './parse-column.ts'
import type { Growth } from './quota.ts'

type Row = typeof segment.$inferSelect

const Content = SegmentSettings.pick({ include: true, exclude: true, conditions: true })

/** Converts a row to a segment. If its content cannot be read, it has no users at the edge, and none here. */
export const toSegment = (row: Row): Segment => {
  const content = Content.safeParse({
    include: parseColumn(row.include),
    exclude: parseColumn(row.exclude),
    conditions: parseColumn(row.conditions),
  })
  if (!content.success) console.error({ event: 'segment.unreadable', key: row.key })
  return {
    key: row.key,
    description: row.description,
    ...(content.data ?? { include: [], exclude: [], conditions: [] }),
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

export const toColumns = ({ description, include, exclude, conditions }: SegmentSettings) => ({
  description,
  include: JSON.stringify(include),
  exclude: JSON.stringify(exclude),
  conditions: JSON.stringify(conditions),
})

export const countSegmentBytes = (content: Omit<SegmentSettings, 'description'> | null) =>
  content
    ? countJsonBytes(content.include) +
      countJsonBytes(content.exclude) +
      countJsonBytes(content.conditions)
    : 0

/** How much an edit adds to the number of segments and the size of their contents. */
export const measureSegmentGrowth = (
  before: Segment | null,
  after: Omit<SegmentSettings, 'description'> | null,
): Growth => ({
  flags: 0,
  segments: Number(after !== null) - Number(before !== null),
  bytes: countSegmentBytes(after) - countSegmentBytes(before),
})
