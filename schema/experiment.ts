import * as z from 'zod'
import { Comment, Prose } from './flag.ts'
import { record } from './experiment-record.ts'
import { Instant } from './instant.ts'
import { DEFAULT_MINIMUM_DAYS } from './minimum-days.ts'
import { findPeopleIssue } from './people-issue.ts'
import { LeftOut, Testers } from './people.ts'
import { VariantName, Weight } from './variant-name.ts'
import { describeConfusableNames, findConfusableNames } from './variant-names.ts'
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
    name: VariantName,
    weight: Weight,
  })
  .meta({ id: 'Variant' })
export type Variant = z.infer<typeof Variant>

/** The first variant is the control; the others are compared with it. */
export const Variants = z
  .array(Variant)
  .min(2)
  .max(20)
  .refine((variants) => new Set(variants.map(({ name }) => name)).size === variants.length, {
    error: 'two variants have the same name',
  })
  .refine((variants) => variants.some(({ weight }) => weight > 0), {
    error: 'the weights sum to 0: give at least one variant a weight',
  })

export const ExperimentStatus = z.enum(['DRAFT', 'RUNNING', 'PAUSED', 'STOPPED'])
export type ExperimentStatus = z.infer<typeof ExperimentStatus>

/**
 * The effect that the experiment is to detect. The sample size follows from it, and within these bounds there always
 * is one (worker/analyze/sample-size.ts).
 */
export const Plan = z
  .strictObject({
    baselineRate: z
      .number()
      .min(1e-6)
      .lt(1)
      .describe('The expected conversion rate of the control.'),
    minimumDetectableEffect: z
      .number()
      .min(0.001)
      .max(10)
      .describe('Relative: 0.1 finds a rate that is 10 % higher than the baseline.'),
    power: z.number().min(0.5).max(0.9999).default(0.8),
    alpha: z.number().min(1e-6).max(0.5).default(0.05),
    minimumDays: z
      .int()
      .min(1)
      .max(90)
      .optional()
      .describe(`Days of intake before a verdict. Absent: ${DEFAULT_MINIMUM_DAYS}.`),
  })
  .refine((plan) => plan.baselineRate * (1 + plan.minimumDetectableEffect) < 1, {
    error: 'the baseline rate plus this effect is 100 % or more: choose a smaller effect',
  })
  .meta({ id: 'Plan' })
export type Plan = z.infer<typeof Plan>

const settings = {
  description: Prose.nullable(),
  variants: Variants,
  startAt: Instant.nullable().describe(
    'Users are assigned from here on. Null: from the launch on, or stopped before it started.',
  ),
  stopAt: Instant.nullable().describe(
    'No user is assigned from here on; the status becomes STOPPED.',
  ),
  plan: Plan.nullable(),
  testers: Testers.optional(),
  leftOut: LeftOut.optional(),
}

/** The members that an admin sets. The life cycle sets the status, the store the rest. */
export const ExperimentSettings = z.strictObject(settings)
export type ExperimentSettings = z.infer<typeof ExperimentSettings>

/** The members that an audit entry restores. Entries from before owners have only settings. */
export const RestorableExperiment = z
  .object({ ...settings, ...z.object(record).partial().shape })
  .meta({ id: 'RestorableExperiment' })
export type RestorableExperiment = z.infer<typeof RestorableExperiment>

/** What happened, apart from what is planned. Absent before the first launch. */
const history = {
  startedAt: z.iso
    .datetime()
    .nullable()
    .optional()
    .describe(
      'The first instant at which it assigned users, or will. Null: it was stopped before. Absent: never launched.',
    ),
  stoppedAt: z.iso.datetime().nullable().optional().describe('Null: it is not stopped.'),
  phases: z
    .array(
      z.object({
        phase: z.int().min(1),
        startedAt: z.iso.datetime(),
        variants: z.array(Variant).nullable().describe('Null: not known.'),
        startsOver: z.boolean().describe('Results count from this phase on.'),
      }),
    )
    .optional()
    .describe(
      'A launch with other variants begins a phase. A user stays in the phase of the assignment.',
    ),
}

export const Experiment = z
  .object({
    key: ExperimentKey,
    ...settings,
    ...record,
    status: ExperimentStatus,
    archivedAt: z.iso
      .datetime()
      .nullable()
      .describe('Archived experiments are in no list by default, and apps do not find them.'),
    launchedAt: z.iso.datetime().nullable().describe('The first launch.'),
    reweightedAt: z.iso
      .datetime()
      .nullable()
      .describe(
        'The last change of variants after the first launch. Null: every assignment equals the bucket.',
      ),
    version: z.int().min(1),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    ...history,
  })
  .meta({ id: 'Experiment' })
export type Experiment = z.infer<typeof Experiment>

const outOfOrder = { error: OUT_OF_ORDER, path: ['stopAt'] }

/** A draft in a request: absent members take their defaults. */
export const ExperimentDraft = z.strictObject({
  key: ExperimentKey,
  description: settings.description.default(null),
  variants: settings.variants,
  startAt: settings.startAt.default(null),
  stopAt: settings.stopAt.default(null),
  plan: settings.plan.default(null),
  owner: record.owner.optional().describe('Absent: the caller.'),
  testers: settings.testers,
  leftOut: settings.leftOut,
})

/** A document may carry older names that are hard to tell apart; a new experiment may not. */
export const ExperimentCreation = ExperimentDraft.extend({
  comment: Comment,
  variants: settings.variants.superRefine((variants, context) => {
    const names = findConfusableNames(variants)
    if (names) context.addIssue({ code: 'custom', message: describeConfusableNames(names) })
  }),
})
  .superRefine((draft, context) => {
    const issue = findPeopleIssue(draft)
    if (issue) context.addIssue({ code: 'custom', ...issue })
  })
  .refine(isInOrder, outOfOrder)
  .meta({ id: 'ExperimentCreation' })
export type ExperimentCreation = z.infer<typeof ExperimentCreation>

/** PATCH changes only the members that it names. */
export const ExperimentPatch = z
  .strictObject({ ...settings, ...record })
  .partial()
  .extend({ comment: Comment })
  .refine(isInOrder, outOfOrder)
  .meta({ id: 'ExperimentPatch' })
export type ExperimentPatch = z.infer<typeof ExperimentPatch>

/** The answer to an edit: the snapshot version in which it takes effect, and whether that is published already. */
export const ExperimentEdit = z
  .object({ experiment: Experiment.nullable(), snapshotVersion: z.int(), published: z.boolean() })
  .meta({ id: 'ExperimentEdit' })

/** A launch may set the schedule; absent members stay as they are. */
export const Launch = z
  .strictObject({
    startAt: settings.startAt.optional(),
    stopAt: settings.stopAt.optional(),
    startOver: z
      .boolean()
      .optional()
      .describe(
        'Begins a phase from which on results count; users keep their variants. Needed to run a stopped one again.',
      ),
    comment: Comment,
  })
  .refine(isInOrder, outOfOrder)

/** The part of an experiment that evaluation needs. */
export const SnapshotExperiment = z.object({
  key: ExperimentKey,
  status: ExperimentStatus,
  variants: z.array(Variant),
  startAt: z.int().nullable().describe('Epoch milliseconds.'),
  stopAt: z.int().nullable().describe('Epoch milliseconds.'),
  isBucketed: z
    .boolean()
    .describe(
      'Every assignment equals the bucket: the variants never changed since the first launch.',
    ),
  hasInherited: z
    .boolean()
    .default(false)
    .describe(
      'Some users have another variant than their bucket, from a sign-in merge or from before a restore of D1; their participant objects know it.',
    ),
  // Absent members: a snapshot from before phases.
  phase: z.int().optional().describe('The phase of the last launch.'),
  startedAt: z.int().nullable().optional().describe('The first instant of a run, in epoch ms.'),
  runs: z
    .array(z.object({ phase: z.int(), from: z.int(), until: z.int().nullable() }))
    .optional()
    .describe('Intervals in which it assigned users, and of which late rows are still taken.'),
  phaseVariants: z
    .record(z.string(), z.array(Variant))
    .optional()
    .describe('The variants of the phases in `runs`.'),
  testers: z
    .array(z.tuple([z.string(), z.string()]))
    .optional()
    .describe('Pairs of a user id and the variant that this tester sees.'),
  leftOut: z.array(z.string()).optional().describe('Ids of users without a variant.'),
})
export type SnapshotExperiment = z.infer<typeof SnapshotExperiment>
