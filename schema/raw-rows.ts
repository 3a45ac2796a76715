import * as z from 'zod'

export const RawRowsQuery = z.strictObject({
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
  user: z
    .enum(['hash', 'id'])
    .default('hash')
    .describe('`hash` is SHA-256 of `participant:` and the user id, as in the audit of a removal.'),
})
export type RawRowsQuery = z.infer<typeof RawRowsQuery>

/** One assigned user of an experiment, for an analysis of one's own. */
export const RawRow = z
  .object({
    user: z.string(),
    variant: z.string(),
    phase: z.int(),
    assignedAt: z.iso.datetime(),
    firstExposedAt: z.iso.datetime().nullable(),
    exposures: z.int(),
    converted: z.boolean().describe('Booked within 7 days after the first exposure.'),
    clicks: z.int(),
    isCounted: z
      .boolean()
      .describe('False: no result counts this user, for example after a conflict at sign-in.'),
  })
  .meta({ id: 'RawRow' })
export type RawRow = z.infer<typeof RawRow>
