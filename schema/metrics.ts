import * as z from 'zod'
import { AlwaysValidLift, Analysis } from './analysis.ts'
import { Instant } from './instant.ts'
import { isZone } from './zone.ts'

/** Whole quarters of an hour are counted: both ends are rounded down, so neighbouring ranges never overlap. */
export const MetricsQuery = z
  .object({
    from: Instant.optional().describe('Inclusive. From the first row when absent.'),
    to: Instant.optional().describe('Exclusive. To the last row when absent.'),
    zone: z
      .string()
      .max(64)
      .refine(isZone, { error: 'no time zone has this name' })
      .optional()
      .describe('The days of the answer are those of this zone, such as `Asia/Kolkata`. Else UTC.'),
    baseline: z
      .string()
      .max(64)
      .optional()
      .describe(
        'The variant that the others are compared with. The first when absent. Another one is an exploration and has no verdict.',
      ),
  })
  .refine(({ from, to }) => !from || !to || Date.parse(from) < Date.parse(to), {
    error: 'to must be later than from',
    path: ['to'],
  })

export const MetricsCsvQuery = MetricsQuery.safeExtend({
  by: z
    .enum(['variant', 'day'])
    .default('variant')
    .describe(
      'One row for each variant, with the analysis; or one row for each day and variant, with counts.',
    ),
})

const counts = {
  assignments: z.int().describe('Unique users who were assigned.'),
  exposures: z.int().describe('How often a user saw the variant.'),
  exposedUsers: z.int().describe('Unique users who saw the variant.'),
  conversions: z
    .int()
    .describe(
      'Exposed users with a `booking.confirmed` event within 7 days after their first exposure.',
    ),
  clicks: z.int().describe('`event.viewed` events of exposed users after their first exposure.'),
}

export const Metrics = z
  .object({
    experimentKey: z.string(),
    from: z.iso
      .datetime()
      .nullable()
      .describe(
        'Start of the range that was counted, in whole quarters of an hour. Null: from the first row.',
      ),
    to: z.iso.datetime().nullable().describe('End of the range, exclusive. Null: to the last row.'),
    conflicts: z
      .int()
      .describe(
        'Users who are left out, because they had one variant before they signed in and another one after.',
      ),
    leftOut: z
      .object({
        testers: z.int().describe('Assigned users who are or were testers.'),
        list: z.int().describe('Assigned users who are in the list of users to leave out.'),
        counted: z
          .int()
          .describe(
            'Those of both who had been counted before. A verdict must be the same with them and without.',
          ),
      })
      .optional()
      .describe('Assigned users whom the lists of the experiment leave out. Absent: none.'),
    zone: z
      .string()
      .optional()
      .describe('The zone of `days`. Absent: UTC. `sequences` and the verdict go by UTC days.'),
    part: z
      .boolean()
      .optional()
      .describe('True: the range cuts the data of the experiment. A part has no verdict.'),
    baseline: z
      .string()
      .optional()
      .describe('Another variant that the others are compared with. No verdict.'),
    maturity: z
      .object({
        exposedUsers: z.int(),
        matured: z
          .int()
          .describe('Users with a complete window of 7 days. Only they make a verdict.'),
        intakeDays: z.int().describe('Days with such users.'),
        minimumDays: z.int().describe('Days of intake that a verdict needs.'),
      })
      .optional(),
    start: z
      .object({
        number: z.int().describe('2 after the first new start.'),
        plannedAlpha: z.number().describe('The alpha of all starts together.'),
      })
      .optional()
      .describe(
        'The experiment started over. `analysis.alpha` and the planned sample are what the earlier starts left.',
      ),
    phases: z
      .array(
        z.object({
          phase: z.int(),
          startedAt: z.iso.datetime().optional(),
          isCounted: z.boolean().describe('False: before the experiment started over.'),
          variants: z.array(z.object({ name: z.string(), weight: z.int().nullable(), ...counts })),
        }),
      )
      .optional()
      .describe('A phase is a time with constant weights. A weight of null is unknown.'),
    variants: z.array(z.object({ name: z.string(), weight: z.int(), ...counts })),
    days: z
      .array(z.object({ day: z.iso.date(), variant: z.string(), ...counts }))
      .describe(
        'By day of `zone`. Users, conversions and clicks count on the day of the first exposure.',
      ),
    analysis: Analysis,
    words: z
      .object({
        tone: z.enum(['alarm', 'wait', 'open', 'better', 'worse']),
        headline: z.string(),
        detail: z.string().describe('The numbers behind the headline.'),
        next: z.string().describe('The recommended next step.'),
        notes: z
          .array(z.object({ tone: z.enum(['plain', 'careful']), text: z.string() }))
          .describe('Whether the sample ratio was checked, and which users are left out.'),
        rates: z
          .array(z.string().nullable())
          .describe('Why a variant has no rate. Null: it has one.'),
        comparisons: z.array(z.string()).describe('A few words on each of `analysis.comparisons`.'),
      })
      .describe('What the results mean, without statistical terms.'),
    sequences: z
      .array(
        z.object({
          variant: z.string(),
          looks: z.array(z.object({ day: z.iso.date(), lift: AlwaysValidLift })),
        }),
      )
      .describe(
        'Each variant against the first at the end of each day, of users with a complete window by then.',
      ),
  })
  .meta({ id: 'Metrics' })
export type Metrics = z.infer<typeof Metrics>
