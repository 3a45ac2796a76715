import * as z from 'zod'
import { RejectionCode } from './participation.ts'
import { LeftOutReason } from './people.ts'

/* What became of the rows that arrived in the last hours, for the page of an experiment. */

/** Why a row was refused. Two of the reasons are `VARIANT_MISMATCH` in the answer to a batch. */
export const RefusalReason = z
  .enum([...RejectionCode.options, 'UNKNOWN_VARIANT', 'NOT_RUNNING'])
  .describe(
    '`UNKNOWN_VARIANT` and `NOT_RUNNING` are `VARIANT_MISMATCH` in the answer to a batch: the experiment has no such variant, or no user had one at that time.',
  )
export type RefusalReason = z.infer<typeof RefusalReason>

/** What became of a row. */
export const RowOutcome = z.enum([
  'ACCEPTED',
  'DUPLICATE',
  ...LeftOutReason.options,
  ...RefusalReason.options,
])
export type RowOutcome = z.infer<typeof RowOutcome>

export const RowOutcomes = z
  .object({
    accepted: z.int(),
    repeated: z.int().describe('Rows whose id was known. They count once.'),
    uncounted: z
      .partialRecord(LeftOutReason, z.int())
      .describe('Rows and assignments of users who count in no result. They were not stored.'),
    refused: z.partialRecord(RefusalReason, z.int()),
  })
  .meta({ id: 'RowOutcomes' })
export type RowOutcomes = z.infer<typeof RowOutcomes>

export const EventTypeCount = z.object({
  type: z.string(),
  count: z.int(),
  isCounted: z.boolean().describe('Whether results count events of this type.'),
  didYouMean: z.string().optional().describe('A counted type with nearly the same name.'),
})
export type EventTypeCount = z.infer<typeof EventTypeCount>

export const Finding = z.object({
  tone: z.enum(['careful', 'plain']).describe('`careful`: something to look at.'),
  text: z.string().describe('What happened.'),
  meaning: z.string().describe('What it means.'),
  action: z.string().describe('What to do.'),
})
export type Finding = z.infer<typeof Finding>

export const ExperimentHealth = z
  .object({
    experimentKey: z.string(),
    since: z.iso.datetime().describe('The counts begin here, at a full hour 23 to 24 hours ago.'),
    exposures: RowOutcomes.describe('Exposures and assignments of this experiment.'),
    otherExposures: RowOutcomes.describe('Exposures that name no published experiment.'),
    events: RowOutcomes.describe('Events. They belong to no experiment.'),
    eventTypes: z.array(EventTypeCount).describe('The most frequent types, at most 50.'),
    otherEvents: z.int().describe('Accepted events of all other types.'),
    findings: z.array(Finding).describe('The same in words, as the console shows it.'),
  })
  .meta({ id: 'ExperimentHealth' })
export type ExperimentHealth = z.infer<typeof ExperimentHealth>
