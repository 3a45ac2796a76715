import * as z from 'zod'

/** The name of a variant, of an experiment or of a flag. */
export const VariantName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/, {
    error: 'use letters and digits, joined by single dots, dashes or underscores',
  })

/** Relative: weights need not sum to 100. */
export const Weight = z.int().min(0).max(10_000).describe('Relative: weights need not sum to 100.')
