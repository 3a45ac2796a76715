import type { Condition } from '../../schema/condition.ts'
import { describeCondition } from '../../worker/evaluate/index.ts'
import type { Serving } from '../../schema/serving-shape.ts'
import { describeServing } from './serving-words.ts'
import { type Draft, type Field, FIELDS, fields } from './draft.ts'

type Value = Draft[Field]

/** One difference: a value before and after, or the names added to and removed from a list. */
export type Difference = { readonly label: string } & (
  | { readonly kind: 'value'; readonly before: string; readonly after: string }
  | {
      readonly kind: 'list'
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }
)

/** An empty rule matches all users. An empty allow list or deny list matches none. */
const emptyList = (field: Field) =>
  field === 'serving'
    ? 'on and off'
    : field === 'allowList' || field === 'denyList'
      ? 'nobody'
      : 'everyone'

const isList = (value: object): value is readonly (string | Condition)[] => Array.isArray(value)

/** The items of a list as texts, and what a flag serves as sentences. */
const toNames = (value: readonly (string | Condition)[] | Serving): readonly string[] =>
  isList(value)
    ? value.map((item) => (typeof item === 'string' ? item : describeCondition(item)))
    : describeServing(value)

/** Writes the value of a field for people. */
export const inWords = (field: Field, value: Value): string => {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number') return `${value} %`
  if (typeof value === 'string') return value || 'none'
  return toNames(value).join(', ') || emptyList(field)
}

const without = (names: readonly string[], others: readonly string[]) => {
  const gone = new Set(others)
  return names.filter((name) => !gone.has(name))
}

/** Finds the difference of two texts, or of two lists of texts. The order of a list does not matter. */
export const listDifferences = (
  label: string,
  before: string | readonly string[],
  after: string | readonly string[],
): Difference[] => {
  if (typeof before === 'object' && typeof after === 'object') {
    const [added, removed] = [without(after, before), without(before, after)]
    return added.length + removed.length > 0 ? [{ label, kind: 'list', added, removed }] : []
  }
  if (before === after) return []
  const [was, is] = [before, after].map((text) => text.toString() || 'none')
  return [{ label, kind: 'value', before: was ?? '', after: is ?? '' }]
}

/** Finds the differences of two drafts, in the order of the form. */
export const findDifferences = (before: Draft, after: Draft): Difference[] =>
  fields.flatMap((field): Difference[] => {
    const [was, is, label] = [before[field], after[field], FIELDS[field]]
    if (typeof was === 'object' && typeof is === 'object')
      return listDifferences(label, toNames(was), toNames(is))
    return listDifferences(label, inWords(field, was), inWords(field, is))
  })
