import { isRecord, type UnknownRecord } from './record.ts'

/* What a context may have. In a file without zod, because servers that evaluate in their own process use it too. */

/** The longest user id that is accepted, in UTF-16 code units. */
export const MAX_USER_ID_LENGTH = 256

export const MAX_ATTRIBUTE_LENGTH = 256
export const MAX_ITEMS = 100

/** The reason why a value is refused, or undefined. */
export type Check = (value: unknown) => string | undefined

const checkText: Check = (value) =>
  typeof value === 'string' && value.length > MAX_ATTRIBUTE_LENGTH
    ? `send at most ${MAX_ATTRIBUTE_LENGTH} characters`
    : undefined

/** @param counts whether an item counts; others are ignored */
const checkList =
  (noun: string, counts: (item: unknown) => boolean): Check =>
  (value) => {
    if (!Array.isArray(value)) return checkText(value)
    let count = 0
    for (const item of value) {
      if (counts(item)) count++
      const problem = checkText(item)
      if (problem !== undefined) return problem
    }
    return count > MAX_ITEMS ? `send at most ${MAX_ITEMS} ${noun}` : undefined
  }

/** Why the value of an attribute is refused; undefined when it is not. */
export const checkAttribute: Check = checkList(
  'items',
  (item) => typeof item === 'string' || typeof item === 'number',
)

const checkCategories = checkList('categories', (item) => typeof item === 'string')

/**
 * The attributes that are checked in every request, whether a flag uses them or not. An attribute of another type counts
 * as missing: it must not fail the flags that never use it. Only what is too long is refused, because to leave it out
 * would change a flag in silence.
 */
export const contextChecks: readonly { readonly name: string; readonly check: Check }[] = [
  { name: 'userId', check: checkText },
  { name: 'targetingKey', check: checkText },
  { name: 'role', check: checkText },
  { name: 'city', check: checkText },
  { name: 'category', check: checkCategories },
  { name: 'categories', check: checkCategories },
]

/** Whether the schema accepts a context, without the microsecond that zod takes. */
export const isContext = (value: unknown): value is UnknownRecord =>
  isRecord(value) && contextChecks.every(({ name, check }) => check(value[name]) === undefined)
