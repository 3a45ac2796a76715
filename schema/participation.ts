import * as z from 'zod'
import { EvaluationContext, MAX_USER_ID_LENGTH } from './context.ts'
import { ExperimentKey } from './experiment.ts'
import { Instant } from './instant.ts'

export const AssignRequest = z.object({ context: EvaluationContext })

export const VariantResponse = z.object({
  variant: z.string().nullable(),
  sticky: z
    .literal(false)
    .optional()
    .describe(
      "Only when the user's assignment could not be made, or learned, in time: the bucket answers, nothing was logged.",
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
  .describe('Made once by the client; sending it again counts nothing twice.')
/** Half a surrogate pair has no UTF-8: it becomes U+FFFD here, as it does in the bucket and in the object's name. */
export const UserId = z
  .string()
  .max(MAX_USER_ID_LENGTH)
  .overwrite((id) => id.toWellFormed())
  .refine((id) => id.trim() !== '', { error: 'a blank user id names nobody' })
const At = z
  .union([Instant, z.int().max(8.64e15)], {
    error: 'use ISO 8601, with Z or an offset, or whole epoch milliseconds',
  })
  .transform((at) => new Date(at).getTime())
  .refine((at) => at >= 0, { error: 'nothing that counts happened before 1970' })
  .optional()
  .describe(
    'When it happened: ISO 8601 with `Z` or an offset, or epoch milliseconds. Now, when absent.',
  )

export const Exposure = z
  .object({
    id: Id,
    experimentKey: ExperimentKey,
    userId: UserId,
    variant: z.string().max(64),
    ts: At,
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
    userId: UserId,
    ts: At,
  })
  .meta({ id: 'Event' })
export type TrackingEvent = z.infer<typeof TrackingEvent>

/** The most items of one batch; its body may have 256 KB. */
export const MAX_BATCH = 500

/** Items are checked one by one: a bad one is named in `rejected` and holds up no other. Too many are a 413. */
const batchItems = z.array(z.looseObject({ id: Id })).min(1)
export const ExposureBatch = z.strictObject({ exposures: batchItems })
export const EventBatch = z.strictObject({ events: batchItems })

const wellFormed = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .min(1)
    .max(MAX_BATCH)
    .describe('An item that is not so is named in `rejected`, and holds up no other.')
/** Batches as they are to be sent: each item as it is checked by itself. */
export const WellFormedExposures = z.strictObject({ exposures: wellFormed(Exposure) })
export const WellFormedEvents = z.strictObject({ events: wellFormed(TrackingEvent) })

/** Why one item of a batch is refused. Sending it again will not help. */
export const RejectionCode = z.enum([
  'INVALID_REQUEST',
  'EXPERIMENT_NOT_FOUND',
  'VARIANT_MISMATCH',
  'IN_THE_FUTURE',
  'TOO_OLD',
  'USER_MISMATCH',
])
export type RejectionCode = z.infer<typeof RejectionCode>

export const BatchResponse = z
  .object({
    accepted: z.int(),
    duplicates: z.int(),
    rejected: z.array(
      z.object({
        id: z.string(),
        errorCode: RejectionCode,
        errorDetails: z
          .string()
          .optional()
          .describe('Of `INVALID_REQUEST`: which members are wrong, and why.'),
      }),
    ),
  })
  .meta({ id: 'BatchResponse' })
export type BatchResponse = z.infer<typeof BatchResponse>
