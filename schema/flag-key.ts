import * as z from 'zod'

/** Dot notation by convention: `feature.new_checkout`. */
export const FlagKey = z
  .string()
  .max(128)
  .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, {
    error: 'use lower-case letters and digits, joined by single dots, dashes or underscores',
  })
  .meta({ id: 'FlagKey', example: 'feature.new_checkout' })

/** A text for people. JSON can carry half a surrogate pair, D1 cannot: it is replaced first, so that the answer is the stored text. */
export const Prose = z
  .string()
  .max(1_000)
  .overwrite((text) => text.toWellFormed())

/** A share of users in percent. */
export const Rollout = z
  .number()
  .min(0)
  .max(100)
  .multipleOf(0.001, { error: 'use at most three decimals' })
  // `multipleOf` accepts tiny powers of ten.
  .refine((share) => share <= 0 || share >= 0.001, { error: 'use at most three decimals' })
