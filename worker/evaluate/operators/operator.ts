/** One value of an attribute, or one item of its list. */
export type Scalar = string | number | boolean

/** Whether an item matches; undefined when the operator does not take items of its type. */
export type ItemTest = (item: Scalar) => boolean | undefined

/** A number or a text that sorts as the values of a family do. */
export type SortKey = number | string

export type Relation = 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual' | 'equal'

/** An operator that compares with one limit, by sort keys. The compiled form asks many of these by one bisection. */
export type Ordered = {
  readonly relation: Relation
  /** The sort key of an item; undefined when the operator does not take it. */
  readonly readKey: (item: Scalar) => SortKey | undefined
}

export type Operator = {
  /** The operator in a sentence: "plan is one of …". */
  readonly words: string
  /** Prepares the values of a condition, once a snapshot version. */
  readonly prepare: (values: readonly Scalar[], ignoreCase: boolean) => ItemTest
  readonly ordered?: Ordered
}

/** Whether a key sorts before another one. Keys of one family have one type. */
export const sortsBefore = (a: SortKey, b: SortKey): boolean =>
  typeof a === 'number' && typeof b === 'number' ? a < b : String(a) < String(b)

const relations: Record<Relation, (key: SortKey, limit: SortKey) => boolean> = {
  less: (key, limit) => sortsBefore(key, limit),
  lessOrEqual: (key, limit) => !sortsBefore(limit, key),
  greater: (key, limit) => sortsBefore(limit, key),
  greaterOrEqual: (key, limit) => !sortsBefore(key, limit),
  equal: (key, limit) => key === limit,
}

/** An operator that compares with one limit. A limit that cannot be read matches nothing. */
export const compareWithLimit = (
  words: string,
  relation: Relation,
  readKey: Ordered['readKey'],
): Operator => ({
  words,
  prepare: ([value]) => {
    const limit = value === undefined ? undefined : readKey(value)
    const holds = relations[relation]
    return (item) => {
      const key = readKey(item)
      return key === undefined ? undefined : limit !== undefined && holds(key, limit)
    }
  },
  ordered: { relation, readKey },
})
