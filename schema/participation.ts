import * as z from 'zod'
import { EvaluationContext } from './context.ts'
import { ExperimentKey } from './experiment.ts'
import { Instant } from './instant.ts'
import { IsBot, LeftOutReason } from './people.ts'
import { AnyUserId } from './user-id.ts'

export const AssignRequest = z.object({ context: EvaluationContext })

export const VariantResponse = z.object({
  variant: z.string().nullable(),
  reason: LeftOutReason.optional(),
  sticky: z
    .literal(false)
    .optional()
    .describe(
      'Only when the participant object did not answer in time: the variant is that of the bucket, and nothing was logged.',
    ),
})
export type VariantResponse = z.infer<typeof VariantResponse>

/** The assignment; `variant` is null while the experiment is not running. */
export const AssignResponse = VariantResponse.extend({
  isNew: z
    .boolean()
    .describe('Whether this request made the assignment, and so logged the first exposure.'),
}).meta({ id: 'AssignResponse' })
export type AssignResponse = z.infer<typeof AssignResponse>

const Id = z
  .string()
  .min(1)
  .max(100)
  .describe('Made once by the client. A repeated id is not counted twice.')
/** 100,000,000,000 ms is March 1973. As seconds it is the year 5138. */
const LEAST_MS = 1e11
const EpochMs = z
  .int()
  .max(8.64e15)
  .refine((at) => at < 0 || at >= LEAST_MS, {
    error: 'this looks like seconds: send milliseconds',
  })
const AnyInstant = z
  .union([Instant, EpochMs], {
    error: 'use ISO 8601, with Z or an offset, or whole epoch milliseconds',
  })
  .transform((at) => new Date(at).getTime())
  .refine((at) => at >= 0, { error: 'the time is before 1970: send the time at which it happened' })
const At = AnyInstant.optional().describe(
  'When it happened: ISO 8601 with `Z` or an offset, or epoch milliseconds. Now, when absent.',
)
const SentAt = AnyInstant.optional().describe(
  "The sender's clock when it sends this, as `ts`. The service then corrects `ts` by the difference to its own clock.",
)

export const Exposure = z
  .object({
    id: Id,
    experimentKey: ExperimentKey,
    userId: AnyUserId,
    variant: z.string().max(64),
    ts: At,
    sentAt: SentAt,
    isBot: IsBot,
  })
  .meta({ id: 'Exposure' })
export type Exposure = z.infer<typeof Exposure>

export const TrackingEvent = z
  .object({
    id: Id,
    type: z
      .string()
      .max(64)
      .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/)
      .meta({ example: 'booking.confirmed' }),
    userId: AnyUserId,
    ts: At,
    sentAt: SentAt,
    isBot: IsBot,
  })
  .meta({ id: 'Event' })
export type TrackingEvent = z.infer<typeof TrackingEvent>

/** The most items of one batch. Its body may have 256 KB. */
export const MAX_BATCH = 500

/** Items are checked one by one: a wrong item is named in `rejected`, and the others count. Too many answer 413. */
const batchItems = z.array(z.unknown()).min(1)
export const ExposureBatch = z.strictObject({ exposures: batchItems, sentAt: SentAt })
export const EventBatch = z.strictObject({ events: batchItems, sentAt: SentAt })

const wellFormed = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .min(1)
    .max(MAX_BATCH)
    .describe('A wrong item is named in `rejected`; the others count.')
/** Batches as `/openapi.json` describes them, with the schema of each item. */
export const WellFormedExposures = z.strictObject({
  exposures: wellFormed(Exposure),
  sentAt: SentAt,
})
export const WellFormedEvents = z.strictObject({
  events: wellFormed(TrackingEvent),
  sentAt: SentAt,
})

/** Why an item of a batch is refused. Sending it again does not help. */
export const RejectionCode = z.enum([
  'INVALID_REQUEST',
  'EXPERIMENT_NOT_FOUND',
  'VARIANT_MISMATCH',
  'BEFORE_LAUNCH',
  'IN_THE_FUTURE',
  'TOO_OLD',
  'USER_MISMATCH',
])
export type RejectionCode = z.infer<typeof RejectionCode>

export const BatchResponse = z
  .object({
    accepted: z.int().describe('Items that need not be sent again, the uncounted ones included.'),
    duplicates: z.int(),
    uncounted: z
      .partialRecord(LeftOutReason, z.int())
      .optional()
      .describe(
        'How many accepted items are of users who count in no result, by reason. They were not stored.',
      ),
    rejected: z.array(
      z.object({
        id: z.string().describe('As it was sent; empty when the item has none.'),
        errorCode: RejectionCode,
        errorDetails: z
          .string()
          .optional()
          .describe(
            'With `INVALID_REQUEST`: the wrong members, and why. Without an id, the index of the item from 0.',
          ),
      }),
    ),
  })
  .meta({ id: 'BatchResponse' })
export type BatchResponse = z.infer<typeof BatchResponse>
