import * as z from 'zod'
import { AttributeCondition, Condition, SegmentKey } from './condition.ts'
import { EvaluationContext, isContext } from './context.ts'
import { EvaluationKeyKind } from './key.ts'
import { LeftOutReason } from './people.ts'
import { isRecord } from './record.ts'
import { FlagValue } from './serving-shape.ts'

/** The reasons of OpenFeature that this service uses. */
export const Reason = z.enum(['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DEFAULT', 'DISABLED', 'ERROR'])
export type Reason = z.infer<typeof Reason>

/** The steps of an evaluation, in order. */
export const StepName = z.enum([
  'disabled',
  'denyList',
  'allowList',
  'targets',
  'roles',
  'cities',
  'categories',
  'conditions',
  'rollout',
])
export type StepName = z.infer<typeof StepName>

/** Why a flag could not be evaluated. The flag is then off. */
export const EvaluationErrorCode = z.enum(['TARGETING_KEY_MISSING', 'PARSE_ERROR'])
export type EvaluationErrorCode = z.infer<typeof EvaluationErrorCode>

const MAX_KEYS_ASKED = 5_000
const MAX_KEY_LENGTH = 128

export const EvaluateRequest = z.object({
  context: EvaluationContext,
  keys: z
    .array(z.string().max(MAX_KEY_LENGTH))
    .max(MAX_KEYS_ASKED)
    .optional()
    .describe('Only these flags; all when absent.'),
})

const isListOfKeys = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= MAX_KEYS_ASKED &&
  value.every((item) => typeof item === 'string' && item.length <= MAX_KEY_LENGTH)

/** Whether the schema accepts a request unchanged, without the microsecond that zod takes. */
export const isPlainRequest = (body: unknown): body is z.output<typeof EvaluateRequest> =>
  isRecord(body) && isContext(body.context) && (body.keys === undefined || isListOfKeys(body.keys))

export const EvaluateResponse = z
  .object({
    flags: z.record(z.string(), FlagValue),
    unknown: z.array(z.string()).optional().describe('Requested keys that name no flag.'),
    version: z.int().describe("The snapshot's version."),
  })
  .meta({ id: 'EvaluateResponse' })
export type EvaluateResponse = z.infer<typeof EvaluateResponse>

export const BundleRequest = z.object({
  context: EvaluationContext,
  values: z
    .boolean()
    .optional()
    .catch(undefined)
    .describe('Whether the client reads values of every type. Older clients read only booleans.'),
})

/** For how many seconds a client may use a bundle before it requests the next one. */
export const BUNDLE_STALE_SECONDS = 30

export const Bundle = z
  .object({
    flags: z
      .record(z.string(), FlagValue)
      .describe('Of boolean flags; of all flags when the request has `values: true`.'),
    variants: z
      .record(z.string(), z.string())
      .describe('Of running experiments. A bundle records no assignment and no exposure.'),
    reasons: z
      .record(z.string(), LeftOutReason)
      .optional()
      .describe('By experiment, why this user counts in no result. Absent for most users.'),
    version: z.int().describe("The snapshot's version."),
    staleTime: z
      .literal(BUNDLE_STALE_SECONDS)
      .describe('For how many seconds a client may use this answer.'),
    stream: z
      .string()
      .describe('The path of the event stream that announces changes, opened without a header.'),
    attributes: z
      .array(z.string())
      .optional()
      .describe(
        'What conditions of flags use beside the well-known attributes. Absent without any.',
      ),
  })
  .meta({ id: 'Bundle' })
export type Bundle = z.infer<typeof Bundle>

export const ExplainRequest = z.strictObject({
  context: EvaluationContext,
  key: z.string().max(128).optional().describe('Only this flag; all when absent.'),
  keyId: z
    .string()
    .max(128)
    .optional()
    .describe(
      'Explains what a request with this evaluation key gets. The context stands for signed claims where the key requires them. Absent: everything is trusted.',
    ),
})

/** What an evaluation key makes of a context. */
export const TrustTrace = z
  .object({
    keyId: z.string(),
    ignored: z
      .array(z.string())
      .describe(
        'The attributes of the context that the key does not trust. They count as missing.',
      ),
    isSigned: z.boolean().describe('Whether the key requires a signed user token.'),
  })
  .meta({ id: 'TrustTrace' })
export type TrustTrace = z.infer<typeof TrustTrace>

/** A key as a caller of the evaluation API, without its secret. */
export const Caller = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: EvaluationKeyKind,
    trustsRole: z.boolean().optional(),
    trusts: z.array(z.string()).nullable().optional(),
    isSigned: z.boolean().describe('Whether the key requires a signed user token.'),
  })
  .meta({ id: 'Caller' })
export type Caller = z.infer<typeof Caller>

export const Callers = z.object({ items: z.array(Caller) }).meta({ id: 'Callers' })

const compared = {
  value: z.unknown().optional().describe('What the context has. Absent: the attribute is missing.'),
  holds: z.boolean(),
}

/** What one condition of a segment compared. */
const AttributeTrace = z
  .object({ condition: AttributeCondition, ...compared })
  .meta({ id: 'AttributeTrace' })
export type AttributeTrace = z.infer<typeof AttributeTrace>

/** Whether a segment has the user, and why. */
const SegmentTrace = z
  .object({
    key: SegmentKey,
    holds: z.boolean(),
    decidedBy: z
      .enum(['exclude', 'include', 'conditions', 'unknown'])
      .describe('`unknown`: there is no such segment, or it cannot be read.'),
    conditions: z.array(AttributeTrace).optional().describe('Present when the conditions decided.'),
  })
  .meta({ id: 'SegmentTrace' })
export type SegmentTrace = z.infer<typeof SegmentTrace>

/** What one condition compared. */
export const ConditionTrace = z
  .object({
    condition: Condition,
    ...compared,
    segments: z.array(SegmentTrace).optional().describe('Of `inSegment`: each segment, and why.'),
  })
  .meta({ id: 'ConditionTrace' })
export type ConditionTrace = z.infer<typeof ConditionTrace>

/** What one target compared. */
export const TargetTrace = z
  .object({
    id: z.string(),
    isMatch: z.boolean().describe('Whether all conditions hold and the rollout has the user.'),
    conditions: z.array(ConditionTrace),
  })
  .meta({ id: 'TargetTrace' })
export type TargetTrace = z.infer<typeof TargetTrace>

/** The outcome of one step for one context. */
export const StepTrace = z
  .object({
    step: StepName,
    outcome: z.enum(['passed', 'decided', 'not reached']),
    detail: z.string().describe('What the step compared, in words.'),
    conditions: z
      .array(ConditionTrace)
      .optional()
      .describe('Each condition of the step, and what it was compared with.'),
    targets: z.array(TargetTrace).optional().describe('Each target, in order.'),
  })
  .meta({ id: 'StepTrace' })
export type StepTrace = z.infer<typeof StepTrace>

export const Explanation = z
  .object({
    key: z.string(),
    value: FlagValue,
    variant: z.string().optional().describe('Absent for an on/off flag of the defaults.'),
    reason: Reason,
    decidedBy: StepName.nullable().describe('Null when the stored flag could not be read.'),
    target: z.string().optional().describe('The id of the target that decided.'),
    errorCode: EvaluationErrorCode.optional(),
    steps: z.array(StepTrace),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>

export const ExplainResponse = z.object({
  flags: z.array(Explanation),
  trust: TrustTrace.optional().describe('What the key of `keyId` trusts. Absent without a key.'),
  version: z.int().describe("The snapshot's version."),
})
