import * as z from 'zod'
import { AlwaysValidLift, Analysis } from './analysis.ts'
import { Instant } from './instant.ts'

/** Whole hours of UTC are counted: `from` is rounded down, `to` up. */
export const MetricsQuery = z
  .object({
    from: Instant.optional().describe('Inclusive. From the first row when absent.'),
    to: Instant.optional().describe('Exclusive. To the last row when absent.'),
  })
  .refine(({ from, to }) => !from || !to || Date.parse(from) < Date.parse(to), {
    error: 'to must be later than from',
    path: ['to'],
  })

export const MetricsCsvQuery = MetricsQuery.safeExtend({
  by: z
    .enum(['variant', 'day'])
    .default('variant')
    .describe('A row a variant, with what was concluded; or a row a day and variant, with counts.'),
})

const counts = {
  assignments: z.int().describe('Unique users who were assigned.'),
  exposures: z.int().describe('Times it was seen.'),
  exposedUsers: z.int().describe('Unique users who saw it.'),
  conversions: z
    .int()
    .describe(
      'Exposed users with a `booking.confirmed` later than, and within 7 days of, their first exposure.',
    ),
  clicks: z.int().describe('`event.viewed` events of exposed users after their first exposure.'),
}

export const Metrics = z
  .object({
    experimentKey: z.string(),
    from: z.iso
      .datetime()
      .nullable()
      .describe('What was counted, in whole hours; null: from the first row.'),
    to: z.iso.datetime().nullable().describe('Null: to the last row.'),
    conflicts: z
      .int()
      .describe(
        'People left out: with the one variant before they signed in, with another as the user they are.',
      ),
    variants: z.array(z.object({ name: z.string(), weight: z.int(), ...counts })),
    days: z
      .array(z.object({ day: z.iso.date(), variant: z.string(), ...counts }))
      .describe(
        'By UTC day. Users, conversions and clicks stand on the day of the first exposure.',
      ),
    analysis: Analysis,
    words: z
      .object({
        tone: z.enum(['alarm', 'wait', 'open', 'better', 'worse']),
        headline: z.string(),
        detail: z.string().describe('What it rests on.'),
        next: z.string().describe('What to do about it.'),
        notes: z
          .array(z.object({ tone: z.enum(['plain', 'careful']), text: z.string() }))
          .describe('Whether the split was checked, and who is in no number.'),
        rates: z.array(z.string().nullable()).describe('Why a variant has no rate; null: it has.'),
        comparisons: z.array(z.string()).describe('A few words on each of `analysis.comparisons`.'),
      })
      .describe('What the results mean, for someone who is no statistician.'),
    sequences: z
      .array(
        z.object({
          variant: z.string(),
          looks: z.array(z.object({ day: z.iso.date(), lift: AlwaysValidLift })),
        }),
      )
      .describe('Each variant against the first, at the end of each day.'),
  })
  .meta({ id: 'Metrics' })
export type Metrics = z.infer<typeof Metrics>
