import * as z from 'zod'
import { Prose } from './flag.ts'

/** The choice that a team makes after an experiment. */
export const Decision = z
  .strictObject({
    outcome: z
      .enum(['ship', 'keep', 'inconclusive', 'invalid'])
      .describe(
        '`ship` a variant, `keep` the control, `inconclusive`, or `invalid` when the data cannot be trusted.',
      ),
    variant: z
      .string()
      .max(64)
      .nullable()
      .default(null)
      .describe('The variant to ship, else null.'),
  })
  .refine(({ outcome, variant }) => (outcome === 'ship') === (variant !== null), {
    error: 'name the variant to ship, and no variant with another outcome',
    path: ['variant'],
  })
  .meta({ id: 'Decision' })
export type Decision = z.infer<typeof Decision>

/** A person or a team. The longest address has this length. */
export const Owner = z
  .string()
  .trim()
  .min(1)
  .max(254)
  .overwrite((text) => text.toWellFormed())

/** What people write about an experiment. It may change in every status, but a decision needs a stopped experiment. */
export const record = {
  owner: Owner.nullable().describe('The person or team in charge.'),
  note: Prose.nullable().describe('What the team learned.'),
  decision: Decision.nullable().describe('Only of a STOPPED experiment.'),
}
