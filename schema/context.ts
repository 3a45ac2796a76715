import * as z from 'zod'
import { isRecord } from './record.ts'

/** The longest user id that is accepted, in UTF-16 code units. */
export const MAX_USER_ID_LENGTH = 256

export const MAX_ATTRIBUTE_LENGTH = 256
export const MAX_CATEGORIES = 100

/** Reads one attribute, or adds the reason why it is refused. */
type Read<Value> = (value: unknown, refuse: (reason: string) => void) => Value | undefined

/**
 * An attribute of another type counts as missing: it must not fail the flags that never use it. Only what is too long
 * is refused, because to leave it out would change a flag in silence.
 */
const attribute = <Value>(read: Read<Value>, description: z.core.GlobalMeta) =>
  z
    .unknown()
    .transform((input, { issues }) =>
      read(input, (message) => issues.push({ code: 'custom', message, input })),
    )
    .optional()
    .meta(description)

const readText =
  (maxLength: number): Read<string> =>
  (value, refuse) => {
    if (typeof value !== 'string') return undefined
    if (value.length > maxLength) refuse(`send at most ${maxLength} characters`)
    return value
  }

const readUserId: Read<string> = (value, refuse) =>
  readText(MAX_USER_ID_LENGTH)(Number.isFinite(value) ? String(value) : value, refuse)

const readCategories: Read<string | string[]> = (value, refuse) => {
  if (!Array.isArray(value)) return readText(MAX_ATTRIBUTE_LENGTH)(value, refuse)
  const texts = value.filter((item) => typeof item === 'string')
  if (texts.length > MAX_CATEGORIES) refuse(`send at most ${MAX_CATEGORIES} categories`)
  for (const text of texts.slice(0, MAX_CATEGORIES)) readText(MAX_ATTRIBUTE_LENGTH)(text, refuse)
  return texts
}

const readList: Read<string[]> = (value, refuse) => {
  const texts = readCategories(value, refuse)
  return typeof texts === 'string' ? [texts] : texts
}

const Id = attribute(readUserId, {
  type: ['string', 'number', 'null'],
  maxLength: MAX_USER_ID_LENGTH,
})
const Attribute = attribute(readText(MAX_ATTRIBUTE_LENGTH), {
  type: ['string', 'null'],
  maxLength: MAX_ATTRIBUTE_LENGTH,
})
const categoriesMeta = {
  type: ['string', 'array', 'null'],
  maxLength: MAX_ATTRIBUTE_LENGTH,
  items: { type: 'string', maxLength: MAX_ATTRIBUTE_LENGTH },
  maxItems: MAX_CATEGORIES,
}

/**
 * The user of a request, with attributes. `targetingKey` is OpenFeature's name for `userId` and wins over it.
 * Other attributes are allowed and ignored: a client may send the same context to several providers.
 */
export const EvaluationContext = z
  .object({
    userId: Id,
    targetingKey: Id,
    role: Attribute,
    city: Attribute,
    category: attribute(readCategories, categoriesMeta),
    categories: attribute(readList, categoriesMeta),
    anonymous: z
      .unknown()
      .optional()
      .describe('True before sign-in: then variants do not depend on an earlier sign-in merge.'),
  })
  .meta({
    id: 'EvaluationContext',
    description: 'An attribute of another type counts as missing. A number as user id is its text.',
    example: { userId: 'u-42', role: 'ORGANIZER', city: 'Mumbai', categories: ['music'] },
  })
export type EvaluationContext = z.output<typeof EvaluationContext>

const isText = (value: unknown, maxLength: number) =>
  value === undefined || (typeof value === 'string' && value.length <= maxLength)

/** Whether this is a list of at most `maxCount` strings of at most `maxLength` characters. */
export const isListOfTexts = (value: unknown, maxCount: number, maxLength: number): boolean =>
  Array.isArray(value) &&
  value.length <= maxCount &&
  value.every((item) => typeof item === 'string' && item.length <= maxLength)

const isCategories = (value: unknown) =>
  value === undefined || isListOfTexts(value, MAX_CATEGORIES, MAX_ATTRIBUTE_LENGTH)

/**
 * A fast check that accepts most contexts. Parsing with the schema costs as much as all the rest of an evaluation, so
 * it runs only for contexts that are refused here. A property test checks that the schema accepts all that this does.
 */
export const isPlainContext = (value: unknown): value is z.output<typeof EvaluationContext> => {
  if (!isRecord(value)) return false
  const { userId, targetingKey, role, city, category, categories } = value
  return (
    isText(userId, MAX_USER_ID_LENGTH) &&
    isText(targetingKey, MAX_USER_ID_LENGTH) &&
    isText(role, MAX_ATTRIBUTE_LENGTH) &&
    isText(city, MAX_ATTRIBUTE_LENGTH) &&
    (isText(category, MAX_ATTRIBUTE_LENGTH) || isCategories(category)) &&
    isCategories(categories)
  )
}
