import * as z from 'zod'
import { isRecord } from './record.ts'

/** The longest user id that is accepted, in UTF-16 code units. */
export const MAX_USER_ID_LENGTH = 256

const MAX_ATTRIBUTE_LENGTH = 256
const MAX_CATEGORIES = 100

const Attribute = z.string().max(MAX_ATTRIBUTE_LENGTH).nullish()
const Categories = z.array(z.string().max(MAX_ATTRIBUTE_LENGTH)).max(MAX_CATEGORIES)

/**
 * The user of a request, with attributes. `targetingKey` is OpenFeature's name for `userId` and wins over it.
 * Other attributes are allowed and ignored: a client may send the same context to several providers.
 */
export const EvaluationContext = z
  .object({
    userId: z.string().max(MAX_USER_ID_LENGTH).nullish(),
    targetingKey: z.string().max(MAX_USER_ID_LENGTH).nullish(),
    role: Attribute,
    city: Attribute,
    category: z.union([Attribute, Categories], {
      error: `send a string, or a list of at most ${MAX_CATEGORIES}; at most ${MAX_ATTRIBUTE_LENGTH} characters each`,
    }),
    categories: Categories.nullish(),
    anonymous: z
      .unknown()
      .optional()
      .describe('True before sign-in: then variants do not depend on an earlier sign-in merge.'),
  })
  .meta({
    id: 'EvaluationContext',
    example: { userId: 'u-42', role: 'ORGANIZER', city: 'Mumbai', categories: ['music'] },
  })
export type EvaluationContext = z.input<typeof EvaluationContext>

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
