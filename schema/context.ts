import * as z from 'zod'
import { contextChecks, MAX_ATTRIBUTE_LENGTH, MAX_ITEMS } from './context-attributes.ts'
import { isRecord, type UnknownRecord } from './record.ts'

export {
  checkAttribute,
  isContext,
  MAX_ATTRIBUTE_LENGTH,
  MAX_ITEMS,
  MAX_USER_ID_LENGTH,
} from './context-attributes.ts'

/** The user of a request, with attributes. Every member is unknown: `readSubject` reads it. */
export type EvaluationContext = UnknownRecord

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
  .superRefine((context, refinement) => {
    for (const { name, check } of contextChecks) {
      const message = check(context[name])
      if (message !== undefined) refinement.addIssue({ code: 'custom', path: [name], message })
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
      isBot: {
        description:
          'True for a known crawler: then `assign` records nothing. Conditions may use it, too.',
      },
    },
    example: { userId: 'u-42', role: 'ORGANIZER', city: 'Mumbai', categories: ['music'] },
  })
