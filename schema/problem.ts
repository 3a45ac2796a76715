import * as z from 'zod'
import { listKeys } from './record.ts'

/** Each error code with its HTTP status. Codes of OpenFeature keep their names. */
export const HTTP_STATUS = {
  PARSE_ERROR: 400,
  INVALID_REQUEST: 400,
  INVALID_CONTEXT: 400,
  TARGETING_KEY_MISSING: 400,
  UNAUTHORIZED: 401,
  INVALID_USER_TOKEN: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  FLAG_NOT_FOUND: 404,
  EXPERIMENT_NOT_FOUND: 404,
  SEGMENT_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  VERSION_MISMATCH: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TOO_MANY_REQUESTS: 429,
  GENERAL: 500,
  UNAVAILABLE: 503,
} as const

export const ErrorCode = z.enum(listKeys(HTTP_STATUS))
export type ErrorCode = keyof typeof HTTP_STATUS

export const Issue = z.object({
  path: z
    .string()
    .describe('The place in the request, such as `rules.roles.0`; empty for the whole body.'),
  message: z.string(),
})
export type Issue = z.infer<typeof Issue>

/** The body of every error. OFREP's single-flag errors also carry the `key` of the flag. */
export const ErrorBody = z
  .object({
    errorCode: ErrorCode,
    errorDetails: z.string(),
    issues: z.array(Issue).optional(),
    key: z.string().optional(),
  })
  .meta({ id: 'ErrorBody' })
export type ErrorBody = z.infer<typeof ErrorBody>
