import { compareWithLimit, type Operator, type Relation, type Scalar } from './operator.ts'

/** JSON has no NaN, but a program may send it, and it sorts nowhere. */
const readNumber = (item: Scalar) =>
  typeof item === 'number' && !Number.isNaN(item) ? item : undefined

const compareNumber = (words: string, relation: Relation) =>
  compareWithLimit(words, relation, readNumber)

export const number = {
  lt: compareNumber('is less than', 'less'),
  lte: compareNumber('is at most', 'lessOrEqual'),
  gt: compareNumber('is greater than', 'greater'),
  gte: compareNumber('is at least', 'greaterOrEqual'),
} satisfies Record<string, Operator>
