import * as z from 'zod'
import { Comment, Prose } from './flag.ts'
import { Instant } from './instant.ts'
import { isInOrder, OUT_OF_ORDER } from './schedule.ts'

/** Kebab-case. A key names a flag or an experiment, never both: they share OFREP's namespace. */
export const ExperimentKey = z
  .string()
  .max(128)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
    error: 'use lower-case letters and digits, joined by single dashes',
  })
  .meta({ id: 'ExperimentKey', example: 'checkout-redesign' })

export const Variant = z
  .strictObject({
    name: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/, {
        error: 'use letters and digits, joined by single dots, dashes or underscores',
      }),
    weight: z.int().min(0).max(10_000).describe('Relative: weights need not sum to 100.'),
  })
  .meta({ id: 'Variant' })
export type Variant = z.infer<typeof Variant>

/** The first one is the control, which the others are compared with. */
export const Variants = z
  .array(Variant)
  .min(2)
  .max(20)
  .refine((variants) => new Set(variants.map(({ name }) => name)).size === variants.length, {
    error: 'two variants have the same name',
  })
  .refine((variants) => variants.some(({ weight }) => weight > 0), {
    error: 'the weights sum to 0: nobody could be assigned',
  })

export const ExperimentStatus = z.enum(['DRAFT', 'RUNNING', 'PAUSED', 'STOPPED'])
export type ExperimentStatus = z.infer<typeof ExperimentStatus>

/**
 * What the experiment is meant to find, from which the sample follows that it needs. Within these bounds there always
 * is one (worker/analyze/sample-size.ts): a plan that is taken is never ignored.
 */
export const Plan = z
  .strictObject({
    baselineRate: z
      .number()
      .min(1e-6)
      .lt(1)
      .describe('The conversion rate of the control, expected.'),
    minimumDetectableEffect: z
      .number()
      .min(0.001)
      .max(10)
      .describe('Relative: 0.1 finds a rate that is 10 % higher than the baseline.'),
    power: z.number().min(0.5).max(0.9999).default(0.8),
    alpha: z.number().min(1e-6).max(0.5).default(0.05),
  })
  .refine((plan) => plan.baselineRate * (1 + plan.minimumDetectableEffect) < 1, {
    error: 'a rate that much above the baseline would be 100 % or more',
  })
  .meta({ id: 'Plan' })
export type Plan = z.infer<typeof Plan>

const settings = {
  description: Prose.nullable(),
  variants: Variants,
  startAt: Instant.nullable().describe(
    'Nobody is assigned before. Null: from the launch on; or it was stopped before its start.',
  ),
  stopAt: Instant.nullable().describe('Nobody is assigned from here on; it is then STOPPED.'),
  plan: Plan.nullable(),
}

/** What an admin decides about an experiment; its status is the life cycle's, the rest bookkeeping. */
export const ExperimentSettings = z.strictObject(settings)
export type ExperimentSettings = z.infer<typeof ExperimentSettings>

export const Experiment = z
  .object({
    key: ExperimentKey,
    ...settings,
    status: ExperimentStatus,
    launchedAt: z.iso.datetime().nullable().describe('The first launch.'),
    reweightedAt: z.iso
      .datetime()
      .nullable()
      .describe(
        'When the variants last changed after the first launch. Null: every bucket is the assignment.',
      ),
    version: z.int().min(1),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Experiment' })
export type Experiment = z.infer<typeof Experiment>

const outOfOrder = { error: OUT_OF_ORDER, path: ['stopAt'] }

/** A draft as it is asked for: what is absent takes its default. */
export const ExperimentDraft = z.strictObject({
  key: ExperimentKey,
  description: settings.description.default(null),
  variants: settings.variants,
  startAt: settings.startAt.default(null),
  stopAt: settings.stopAt.default(null),
  plan: settings.plan.default(null),
})

export const ExperimentCreation = ExperimentDraft.extend({ comment: Comment })
  .refine(isInOrder, outOfOrder)
  .meta({ id: 'ExperimentCreation' })
export type ExperimentCreation = z.infer<typeof ExperimentCreation>

/** PATCH changes only what it names. */
export const ExperimentPatch = z
  .strictObject(settings)
  .partial()
  .extend({ comment: Comment })
  .refine(isInOrder, outOfOrder)
  .meta({ id: 'ExperimentPatch' })
export type ExperimentPatch = z.infer<typeof ExperimentPatch>

/** What an edit answers: the snapshot version in which it takes effect, and whether that is out already. */
export const ExperimentEdit = z
  .object({ experiment: Experiment.nullable(), snapshotVersion: z.int(), published: z.boolean() })
  .meta({ id: 'ExperimentEdit' })

/** A launch may set the schedule; what is absent stays as it is. */
export const Launch = z
  .strictObject({
    startAt: settings.startAt.optional(),
    stopAt: settings.stopAt.optional(),
    comment: Comment,
  })
  .refine(isInOrder, outOfOrder)

/** Whom an experiment assigns, as evaluation needs it. */
export const SnapshotExperiment = z.object({
  key: ExperimentKey,
  status: ExperimentStatus,
  variants: z.array(Variant),
  startAt: z.int().nullable().describe('Epoch milliseconds.'),
  stopAt: z.int().nullable().describe('Epoch milliseconds.'),
  isBucketed: z
    .boolean()
    .describe(
      'Every assignment is what the bucket says: the variants never changed since the first launch.',
    ),
  hasInherited: z
    .boolean()
    .default(false)
    .describe(
      'But for those who inherited another variant when they signed in, or have one that a restored D1 has forgotten; their objects know it.',
    ),
})
export type SnapshotExperiment = z.infer<typeof SnapshotExperiment>
