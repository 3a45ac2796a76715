import * as z from 'zod'
import { EvaluationContext } from './context.ts'
import { LeftOutReason } from './people.ts'
import { FlagValue } from './serving-shape.ts'
import { EvaluationErrorCode, Reason } from './evaluation.ts'

/*
 * The OpenFeature Remote Evaluation Protocol 0.3.0, https://github.com/open-feature/protocol.
 * A flag has a value of its type; an on/off flag is a boolean with the variants `on` and `off`.
 */

export const OfrepRequest = z.object({ context: EvaluationContext }).meta({ id: 'OfrepRequest' })

export const OfrepSuccess = z
  .object({
    key: z.string(),
    value: FlagValue,
    reason: Reason,
    variant: z
      .string()
      .optional()
      .describe('Absent only for a user who is left out of an experiment: `value` is the control.'),
    metadata: z
      .object({ leftOut: LeftOutReason })
      .optional()
      .describe('Only for a user who counts in no result of the experiment.'),
  })
  .meta({ id: 'OfrepSuccess' })
export type OfrepSuccess = z.infer<typeof OfrepSuccess>

export const OfrepFailure = z
  .object({ key: z.string(), errorCode: EvaluationErrorCode, errorDetails: z.string() })
  .meta({ id: 'OfrepFailure' })
export type OfrepFailure = z.infer<typeof OfrepFailure>

/** The stream that announces changes (ADR-0008). The address is opaque; the stream carries only version numbers. */
export const EventStream = z.object({
  type: z.literal('sse'),
  endpoint: z.object({ requestUri: z.string() }),
  inactivityDelaySec: z.int().min(1),
})
export type EventStream = z.infer<typeof EventStream>

export const OfrepBulkResponse = z
  .object({
    flags: z.array(z.union([OfrepSuccess, OfrepFailure])),
    eventStreams: z.array(EventStream),
  })
  .meta({ id: 'OfrepBulkResponse' })
export type OfrepBulkResponse = z.infer<typeof OfrepBulkResponse>
