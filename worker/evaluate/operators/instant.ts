import { readInstant } from '../../../schema/read-instant.ts'
import { compareWithLimit, type Operator, type Scalar } from './operator.ts'

/** ISO 8601 with a zone, or epoch milliseconds. */
const readTime = (item: Scalar) => {
  if (typeof item === 'number') return Number.isNaN(item) ? undefined : item
  return typeof item === 'string' ? readInstant(item) : undefined
}

export const instant = {
  before: compareWithLimit('is before', 'less', readTime),
  after: compareWithLimit('is at or after', 'greaterOrEqual', readTime),
} satisfies Record<string, Operator>
