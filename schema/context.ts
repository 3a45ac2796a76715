import * as z from 'zod'
import { isRecord, type UnknownRecord } from './record.ts'

/** The longest user id that is accepted, in UTF-16 code units. */
export const MAX_USER_ID_LENGTH = 256

export const MAX_ATTRIBUTE_LENGTH = 256
export const MAX_ITEMS = 100

/** The reason why a value is refused, or undefined. */
type Check = (value: unknown) => string | undefined

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
const checks: readonly { readonly name: string; readonly check: Check }[] = [
  { name: 'userId', check: checkText },
  { name: 'targetingKey', check: checkText },
  { name: 'role', check: checkText },
  { name: 'city', check: checkText },
  { name: 'category', check: checkCategories },
  { name: 'categories', check: checkCategories },
]

/** The user of a request, with attributes. Every member is unknown: `readSubject` reads it. */
export type EvaluationContext = UnknownRecord

/** Whether the schema accepts a context, without the microsecond that zod takes. */
export const isContext = (value: unknown): value is EvaluationContext =>
  isRecord(value) && checks.every(({ name, check }) => check(value[name]) === undefined)

const text = { type: ['string', 'null'], maxLength: MAX_ATTRIBUTE_LENGTH }
const id = { ...text, type: ['string', 'number', 'null'] }
const list = {
  ...text,
  type: ['string', 'array', 'null'],
  items: { type: 'string', maxLength: MAX_ATTRIBUTE_LENGTH },
  maxItems: MAX_ITEMS,
}

/**
 * The user of a request, with attributes. `targetingKey` is OpenFeature's name for `userId` and wins over it. The schema
 * does not copy it, because a copy by zod has no member named `__proto__`.
 */
export const EvaluationContext = z
  .custom<EvaluationContext>(isRecord, { error: 'send an object', abort: true })
  .superRefine((context, { addIssue }) => {
    for (const { name, check } of checks) {
      const message = check(context[name])
      if (message !== undefined) addIssue({ code: 'custom', path: [name], message })
    }
  })
  .meta({
    id: 'EvaluationContext',
    type: 'object',
    description:
      'Any attribute may be a text, a number, a boolean, or a list of texts or numbers. An attribute of another type counts as missing. A number as user id is its text.',
    properties: {
      userId: id,
      targetingKey: id,
      role: text,
      city: text,
      category: list,
      categories: list,
      anonymous: {
        description:
          'True before sign-in: then variants do not depend on an earlier sign-in merge.',
      },
    },
    example: { userId: 'u-42', role: 'ORGANIZER', city: 'Mumbai', categories: ['music'] },
  })
