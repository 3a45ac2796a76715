import { sortsBefore, type Ordered, type Relation, type SortKey } from '../operators/operator.ts'
import type { AttributeValue } from '../attribute.ts'
import { at } from './flag-sets.ts'
import { DIFFERS, forEachItem, MATCHES, type Answer } from './predicate.ts'

/** A predicate that compares with a limit. */
export type Limit = {
  readonly number: number
  readonly relation: Relation
  readonly key: SortKey
}

const sortLimits = (limits: readonly Limit[], first: Relation): readonly Limit[] =>
  // oxlint-disable-next-line unicorn/no-array-sort -- `toSorted` is too new for some engines
  [...limits].sort((a, b) => {
    if (a.key !== b.key) return sortsBefore(a.key, b.key) ? -1 : 1
    return Number(b.relation === first) - Number(a.relation === first)
  })

/** The index of the first limit that passes a test. All limits after it must pass, too. */
const bisect = (limits: readonly Limit[], test: (limit: Limit) => boolean): number => {
  let [low, high] = [0, limits.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const limit = limits[middle]
    if (limit === undefined || test(limit)) high = middle
    else low = middle + 1
  }
  return low
}

const toNumbers = (limits: readonly Limit[]): Int32Array =>
  Int32Array.from(limits, ({ number }) => number)

const write = (
  numbers: Int32Array,
  states: Uint8Array,
  middle: number,
  before: number,
  after: number,
) => {
  for (let index = 0; index < middle; index++) states[at(numbers, index)] = before
  for (let index = middle; index < numbers.length; index++) states[at(numbers, index)] = after
}

/** The lowest and the highest key of the items; undefined when the operator takes none of them. */
const findExtremes = (value: AttributeValue, readKey: Ordered['readKey']) => {
  let lowest: SortKey | undefined
  let highest: SortKey | undefined
  forEachItem(value, (item) => {
    const key = readKey(item)
    if (key === undefined) return
    if (lowest === undefined || sortsBefore(key, lowest)) lowest = key
    if (highest === undefined || sortsBefore(highest, key)) highest = key
  })
  return lowest === undefined || highest === undefined ? undefined : { lowest, highest }
}

const isRelation =
  (...relations: readonly Relation[]) =>
  ({ relation }: Limit) =>
    relations.includes(relation)

/**
 * Answers all predicates of an attribute that compare with a limit of one family. The limits are sorted: those below a key
 * match `greater`, those above it `less`, so two bisections answer them all.
 */
export const answerByLimit = (readKey: Ordered['readKey'], all: readonly Limit[]): Answer => {
  const lower = sortLimits(all.filter(isRelation('greater', 'greaterOrEqual')), 'greaterOrEqual')
  const upper = sortLimits(all.filter(isRelation('less', 'lessOrEqual')), 'less')
  const equal = all.filter(isRelation('equal'))
  const [lowerNumbers, upperNumbers] = [toNumbers(lower), toNumbers(upper)]
  const isAbove = ({ key: limit, relation }: Limit, key: SortKey) =>
    sortsBefore(key, limit) || (limit === key && relation !== 'greaterOrEqual')
  const isBelow = ({ key: limit, relation }: Limit, key: SortKey) =>
    sortsBefore(key, limit) || (limit === key && relation === 'lessOrEqual')
  return (value, states) => {
    const extremes = findExtremes(value, readKey)
    if (!extremes) return
    const { lowest, highest } = extremes
    const failing = bisect(lower, (limit) => isAbove(limit, highest))
    write(lowerNumbers, states, failing, MATCHES, DIFFERS)
    const matching = bisect(upper, (limit) => isBelow(limit, lowest))
    write(upperNumbers, states, matching, DIFFERS, MATCHES)
    for (const { number } of equal) states[number] = DIFFERS
    if (equal.length > 0)
      forEachItem(value, (item) => {
        const key = readKey(item)
        for (const limit of equal) if (limit.key === key) states[limit.number] = MATCHES
      })
  }
}
