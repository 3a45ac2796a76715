import * as z from 'zod'
import { MAX_ATTRIBUTE_LENGTH } from './context.ts'
import { readInstant } from './read-instant.ts'
import { readVersion } from './read-version.ts'
import { isRecord } from './record.ts'

export const SegmentKey = z
  .string()
  .max(128)
  .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, {
    error: 'use lower-case letters and digits, joined by single dots, dashes or underscores',
  })
  .meta({ id: 'SegmentKey', example: 'beta-testers' })

export const AttributeName = z
  .string()
  .min(1)
  .max(64)
  .meta({ id: 'AttributeName', example: 'plan' })

/** Validation stops at the first wrong value: a large document may have thousands. */
const Text = z.string().max(MAX_ATTRIBUTE_LENGTH, { abort: true })
const Num = z.number()

const negate = z.boolean().optional().describe('The condition holds when it otherwise would not.')
const whenMissing = z
  .boolean()
  .optional()
  .describe(
    'Whether it holds for a missing attribute, or one of another type, negated or not. False by default.',
  )
const common = { attribute: AttributeName, negate, whenMissing }

const InCondition = z.strictObject({
  ...common,
  operator: z.literal('in'),
  values: z
    .array(z.union([Text, Num, z.boolean()]))
    .min(1)
    .max(5_000)
    .describe('The attribute is one of these, of the same type.'),
})

const TextCondition = z.strictObject({
  ...common,
  operator: z.enum(['contains', 'startsWith', 'endsWith']),
  values: z.array(Text.min(1)).min(1).max(100),
  ignoreCase: z.boolean().optional().describe('Compares by the simple case folding of Unicode.'),
})

const NumberCondition = z.strictObject({
  ...common,
  operator: z.enum(['lt', 'lte', 'gt', 'gte']),
  values: z.array(Num).length(1),
})

const InstantText = Text.refine((text) => readInstant(text) !== undefined, {
  error: 'use ISO 8601 with a zone: 2026-12-01T10:00:00Z or 2026-12-01T10:00:00+05:30',
})

const InstantCondition = z.strictObject({
  ...common,
  operator: z.enum(['before', 'after']),
  values: z
    .array(z.union([InstantText, Num]))
    .length(1)
    .describe(
      'ISO 8601 with a zone, or epoch milliseconds. `before` excludes the instant, `after` includes it.',
    ),
})

const VersionText = Text.refine((text) => readVersion(text) !== undefined, {
  error: 'use a version of SemVer 2.0.0, such as 4.2.0 or 4.2.0-beta.1',
})

const VersionCondition = z.strictObject({
  ...common,
  operator: z.enum(['semverLt', 'semverLte', 'semverGt', 'semverGte', 'semverEq']),
  values: z.array(VersionText).length(1),
})

const ExistsCondition = z.strictObject({
  attribute: AttributeName,
  operator: z.literal('exists'),
  negate,
})

/** A condition that compares the values of an attribute, or of its items. */
export const ComparingCondition = z.discriminatedUnion('operator', [
  InCondition,
  TextCondition,
  NumberCondition,
  InstantCondition,
  VersionCondition,
])
export type ComparingCondition = z.infer<typeof ComparingCondition>

const describeOperator = (condition: unknown): string | undefined =>
  isRecord(condition) && condition.operator === 'inSegment'
    ? 'a segment cannot use a segment: repeat its conditions instead'
    : undefined

/** A condition on an attribute. A segment takes no other, so that segments never depend on one another. */
export const AttributeCondition = z
  .discriminatedUnion('operator', [...ComparingCondition.options, ExistsCondition], {
    error: ({ input }) => describeOperator(input),
  })
  .meta({ id: 'AttributeCondition' })
export type AttributeCondition = z.infer<typeof AttributeCondition>

const SegmentCondition = z.strictObject({
  operator: z.literal('inSegment'),
  values: z
    .array(SegmentKey)
    .min(1)
    .max(100)
    .describe('Keys of segments. The user is in one of them.'),
  negate,
  whenMissing: z
    .boolean()
    .optional()
    .describe('Whether it holds when a segment cannot be read and no other one has the user.'),
})
export type SegmentCondition = z.infer<typeof SegmentCondition>

export const Condition = z
  .discriminatedUnion('operator', [...AttributeCondition.options, SegmentCondition])
  .meta({ id: 'Condition' })
export type Condition = z.infer<typeof Condition>

const MAX_CONDITIONS = 20

/** Conditions that all must hold. Alternatives are several rules, or a segment. */
export const Conditions = z.array(Condition).max(MAX_CONDITIONS)
export const AttributeConditions = z.array(AttributeCondition).max(MAX_CONDITIONS)
