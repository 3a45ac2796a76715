import * as z from 'zod'

/*
 * The results of worker/analyze on the wire. A number that cannot be computed is null, and `reason` says why;
 * otherwise `reason` is null. The route does not compile when the types of worker/analyze differ from these.
 */

const measured = <Shape extends Record<string, z.ZodType>, Reasons extends z.ZodType>(
  numbers: Shape,
  reasons: Reasons,
) =>
  z.union([
    z.object({ ...numbers, reason: z.null() }),
    z.object({
      // `fromEntries` forgets the names; they are those of `numbers`.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      ...(Object.fromEntries(Object.keys(numbers).map((name) => [name, z.null()])) as {
        [Name in keyof Shape]: z.ZodNull
      }),
      reason: reasons,
    }),
  ])

const CountsReason = z.enum(['no_users', 'invalid_counts'])
const ZTestReason = z.enum([...CountsReason.options, 'no_variation'])

export const Interval = { value: z.number(), lower: z.number(), upper: z.number() }

const Rate = measured(Interval, CountsReason).meta({ id: 'Rate' })

const Lift = measured({ ...Interval, relative: z.number().nullable() }, CountsReason)
  .describe('Variant − control, in rates; 95 % by Newcombe.')
  .meta({ id: 'Lift' })

export const AlwaysValidLift = measured(
  {
    ...Interval,
    pValue: z
      .number()
      .describe(
        'Less than alpha divided by the number of comparisons exactly when the interval excludes 0.',
      ),
  },
  ZTestReason,
)
  .describe('Variant − control, in rates; valid at any number of looks.')
  .meta({ id: 'AlwaysValidLift' })

const ZTest = z
  .union([
    z.object({ z: z.number(), pValue: z.number(), significant: z.boolean(), reason: z.null() }),
    z.object({ z: z.null(), pValue: z.null(), significant: z.literal(false), reason: ZTestReason }),
  ])
  .describe(
    '(p1 − p2) / standard error: negative when the second variant converts better. Valid for one look. Significant only where the verdict claims a difference, and after Holm’s correction.',
  )
  .meta({ id: 'ZTest' })

const SampleRatio = z
  .union([
    z.object({
      status: z.enum(['balanced', 'mismatch']),
      chiSquare: z.number(),
      degreesOfFreedom: z.int(),
      pValue: z.number(),
      reason: z.null(),
    }),
    z.object({
      status: z.enum(['mismatch', 'unknown']),
      chiSquare: z.null(),
      degreesOfFreedom: z.null(),
      pValue: z.null(),
      reason: z.enum([
        'invalid_counts',
        'weights_changed',
        'assignments_without_weight',
        'fewer_than_two_weighted',
        'too_few_assignments',
      ]),
    }),
  ])
  .describe('Whether the shares of users fit the weights. With `mismatch` there is no verdict.')
  .meta({ id: 'SampleRatio' })

const Verdict = z
  .union([
    z.object({
      kind: z.literal('invalid_data'),
      reason: z.enum(['invalid_counts', 'fewer_than_two_variants', 'control_without_weight']),
    }),
    z.object({ kind: z.literal('sample_ratio_mismatch') }),
    z
      .object({
        kind: z.literal('withheld'),
        reason: z.enum(['partial_range', 'phases_unknown', 'exploration', 'left_out_later']),
      })
      .describe(
        'There is no verdict on a chosen range, against another baseline, or if users who were left out later decide it.',
      ),
    z.object({
      kind: z.literal('not_enough_data'),
      reason: z.enum([
        'no_users',
        'maturing',
        'no_variation',
        'below_minimum',
        'below_plan',
        'too_early',
      ]),
    }),
    z.object({ kind: z.literal('no_detectable_difference') }),
    z
      .object({
        kind: z.enum(['better', 'worse', 'unplanned_better', 'unplanned_worse']),
        control: z.string(),
        variant: z.string(),
      })
      .describe('Unplanned: the experiment has no plan.'),
  ])
  .meta({ id: 'Verdict' })

const Progress = z
  .union([
    z.object({
      planned: z.number(),
      smallest: z.number(),
      fraction: z.number(),
      reached: z.boolean(),
      reason: z.null(),
    }),
    z.object({
      planned: z.null(),
      smallest: z.number(),
      fraction: z.null(),
      reached: z.null(),
      reason: z.literal('no_plan'),
    }),
  ])
  .describe(
    'Exposed users of the smallest compared variant with a complete conversion window, and the planned sample.',
  )
  .meta({ id: 'Progress' })

export const Analysis = z
  .object({
    alpha: z
      .number()
      .describe(
        'The chance of a false alarm over all looks and comparisons: from the plan, or 0.05. Less after a new start.',
      ),
    rates: z.array(z.object({ variant: z.string(), rate: Rate })).readonly(),
    zTest: ZTest,
    comparisons: z
      .array(
        z.object({
          control: z.string(),
          variant: z.string(),
          zTest: ZTest,
          holmPValue: z.number().nullable(),
          lift: Lift,
          alwaysValidLift: AlwaysValidLift,
          adjustedRates: z
            .object({ control: z.number(), variant: z.number() })
            .optional()
            .describe('The rates whose difference is the lift: of users with a complete window.'),
          verdict: Verdict,
        }),
      )
      .readonly(),
    sampleRatio: SampleRatio,
    progress: Progress,
    phases: z
      .array(
        z.object({
          phase: z.int(),
          sampleRatio: SampleRatio,
          lifts: z
            .array(z.object({ control: z.string(), variant: z.string(), lift: Lift }))
            .readonly(),
        }),
      )
      .readonly()
      .optional()
      .describe('The sample ratio and the lifts of each phase, if there are several. No verdict.'),
    verdict: Verdict,
  })
  .meta({ id: 'Analysis' })
