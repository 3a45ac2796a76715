import { type Draft, type Field, FIELDS, fields } from './draft.ts'

type Value = Draft[Field]

/** One difference, under the name that people know: two values, or what came to and went from a list. */
export type Difference = { readonly label: string } & (
  | { readonly kind: 'value'; readonly before: string; readonly after: string }
  | {
      readonly kind: 'list'
      readonly added: readonly string[]
      readonly removed: readonly string[]
    }
)

export const isSameValue = (a: Value, b: Value): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((name, index) => name === b[index])
    : a === b

/** What an empty list means: targeting nobody out, or naming nobody. */
const emptyList = (field: Field) =>
  field === 'allowList' || field === 'denyList' ? 'nobody' : 'everyone'

/** A value in words, as a person would say it of this field. */
export const inWords = (field: Field, value: Value): string => {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number') return `${value} %`
  if (typeof value === 'string') return value || 'none'
  return value.join(', ') || emptyList(field)
}

const without = (names: readonly string[], others: readonly string[]) => {
  const gone = new Set(others)
  return names.filter((name) => !gone.has(name))
}

/** What differs between two drafts, in the order of the form. A list in another order is the same list. */
export const findDifferences = (before: Draft, after: Draft): Difference[] =>
  fields.flatMap((field): Difference[] => {
    const [was, is, label] = [before[field], after[field], FIELDS[field]]
    if (typeof was === 'object' && typeof is === 'object') {
      const [added, removed] = [without(is, was), without(was, is)]
      return added.length + removed.length > 0 ? [{ label, kind: 'list', added, removed }] : []
    }
    if (isSameValue(was, is)) return []
    return [{ label, kind: 'value', before: inWords(field, was), after: inWords(field, is) }]
  })
