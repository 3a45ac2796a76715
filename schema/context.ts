import * as z from 'zod'

/** The longest user id that is accepted, in UTF-16 code units. */
export const MAX_USER_ID_LENGTH = 256

const Attribute = z.string().max(256).nullish()

/**
 * Who asks. `targetingKey` is OpenFeature's name for `userId` and wins when both are given.
 * Other attributes are allowed and ignored: a client may send the same context to several providers.
 */
export const EvaluationContext = z
  .object({
    userId: z.string().max(MAX_USER_ID_LENGTH).nullish(),
    targetingKey: z.string().max(MAX_USER_ID_LENGTH).nullish(),
    role: Attribute,
    city: Attribute,
    category: z.union([Attribute, z.array(z.string().max(256)).max(100)], {
      error: 'send a string, or a list of at most 100; at most 256 characters each',
    }),
    categories: z.array(z.string().max(256)).max(100).nullish(),
    anonymous: z
      .unknown()
      .optional()
      .describe(
        'True of someone who has not signed in: their variants are told without asking for what they inherited.',
      ),
  })
  .meta({
    id: 'EvaluationContext',
    example: { userId: 'u-42', role: 'ORGANIZER', city: 'Mumbai', categories: ['music'] },
  })
export type EvaluationContext = z.input<typeof EvaluationContext>
