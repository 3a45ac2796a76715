import * as z from 'zod'
import {
  ExperimentDraft,
  ExperimentKey,
  ExperimentSettings,
  ExperimentStatus,
} from './experiment.ts'
import { Owner } from './experiment-record.ts'
import { Instant } from './instant.ts'
import { countJsonBytes } from './json-bytes.ts'
import { MAX_FLAGS, MAX_LISTED_EXPERIMENTS, MAX_SEGMENT_BYTES, MAX_SEGMENTS } from './limits.ts'
import { Comment, CompletedSettings, FlagKey, FlagSettings } from './flag.ts'
import { SegmentKey, SegmentReplacement, SegmentSettings } from './segment.ts'
import { normalizeServing } from './serving-members.ts'
import { checkServing } from './serving.ts'

/** The size of a flag in UTF-8 bytes of JSON. Its audit row holds it twice, and a row of D1 may have 2 MB. */
export const MAX_FLAG_BYTES = 256 * 1024

/** A flag in a document: absent members take their defaults, as in PUT. */
export const TransferFlag = CompletedSettings.extend({ key: FlagKey })
  .superRefine(checkServing)
  .overwrite(normalizeServing)
  .refine((flag) => countJsonBytes(flag) <= MAX_FLAG_BYTES, {
    error: 'a flag takes 256 KB at most',
  })
  .meta({ id: 'TransferFlag' })
export type TransferFlag = z.infer<typeof TransferFlag>

/** A segment in a document: absent members take their defaults, as in PUT. */
export const TransferSegment = SegmentReplacement.omit({ comment: true })
  .extend({ key: SegmentKey })
  .refine(
    ({ include, exclude, conditions }) =>
      countJsonBytes([include, exclude, conditions]) <= MAX_SEGMENT_BYTES,
    { error: 'a segment takes 256 KB at most' },
  )
  .meta({ id: 'TransferSegment' })
export type TransferSegment = z.infer<typeof TransferSegment>

/**
 * The settings of an experiment in a document. An import does not change the status. The import checks the order of the
 * schedule, not this schema: older documents have STOPPED experiments whose startAt is later than their stopAt.
 */
export const TransferExperiment = ExperimentDraft.extend({
  status: ExperimentStatus.optional().describe(
    'For people: an import does not change it. If STOPPED, a `startAt` that is not before the `stopAt` is dropped.',
  ),
  owner: Owner.nullable()
    .optional()
    .describe('Of a new experiment. An import does not change the owner of another.'),
}).meta({ id: 'TransferExperiment' })
export type TransferExperiment = z.infer<typeof TransferExperiment>

/**
 * Flags, segments and experiments as one document, as a backup or for another deployment. Segments and experiments may
 * be absent, as in older documents. Unknown members are refused, because an import must not drop anything silently.
 */
export const TransferDocument = z
  .strictObject({
    format: z.literal('indietix-flags'),
    version: z.literal(1),
    exportedAt: Instant.optional().describe('For people; an import does not read it.'),
    flags: z.array(TransferFlag).max(MAX_FLAGS),
    segments: z.array(TransferSegment).max(MAX_SEGMENTS).optional().describe('Absent without any.'),
    experiments: z.array(TransferExperiment).max(MAX_LISTED_EXPERIMENTS).optional(),
  })
  .superRefine(({ flags, segments = [], experiments = [] }, context) => {
    // One set for both, because flags and experiments share their keys.
    const shared = new Set<string>()
    const ofSegments = new Set<string>()
    for (const [name, things] of Object.entries({ flags, segments, experiments }))
      for (const [index, { key }] of things.entries()) {
        const seen = name === 'segments' ? ofSegments : shared
        if (seen.has(key))
          context.addIssue({
            code: 'custom',
            path: [name, index, 'key'],
            message: `the key ${key} occurs twice`,
          })
        seen.add(key)
      }
  })
  .meta({ id: 'TransferDocument' })
export type TransferDocument = z.infer<typeof TransferDocument>

export const ImportQuery = z.object({
  dryRun: z.enum(['true', 'false']).optional().describe('`true` only answers what would change.'),
  comment: Comment,
})

/** A flag before and after an import; `before` is null for a new flag. */
export const ImportChange = z.object({
  key: FlagKey,
  before: FlagSettings.nullable(),
  after: FlagSettings,
})
export type ImportChange = z.infer<typeof ImportChange>

/** A segment before and after an import; `before` is null for a new segment. */
export const ImportSegmentChange = z.object({
  key: SegmentKey,
  before: SegmentSettings.nullable(),
  after: SegmentSettings,
})
export type ImportSegmentChange = z.infer<typeof ImportSegmentChange>

/** An experiment before and after an import, with its status, which an import does not change. */
export const ImportExperimentChange = z.object({
  key: ExperimentKey,
  status: ExperimentStatus,
  before: ExperimentSettings.nullable(),
  after: ExperimentSettings,
})
export type ImportExperimentChange = z.infer<typeof ImportExperimentChange>

/** An experiment of a document that an import cannot make. */
export const SkippedExperiment = z.object({ key: ExperimentKey, reason: z.string() })
export type SkippedExperiment = z.infer<typeof SkippedExperiment>

export const ImportResult = z
  .object({
    dryRun: z.boolean(),
    changes: z.array(ImportChange).describe('Changes of flags: the first 4 MB of them.'),
    segmentChanges: z
      .array(ImportSegmentChange)
      .optional()
      .describe('The first 4 MB of them. Absent when the document has no `segments`.'),
    experimentChanges: z.array(ImportExperimentChange).describe('The first 4 MB of them.'),
    omitted: z
      .object({
        changes: z.int(),
        segmentChanges: z.int().optional(),
        experimentChanges: z.int(),
      })
      .optional()
      .describe('How many more changes there are than the lists have. Absent: none.'),
    skipped: z
      .array(SkippedExperiment)
      .optional()
      .describe(
        'Experiments that the import left out: deleted ones, and STOPPED ones without room for more drafts. Absent: none.',
      ),
    unchanged: z
      .int()
      .describe('Flags, segments and experiments of the document that need no change.'),
    snapshotVersion: z.int(),
    published: z.boolean(),
  })
  .meta({ id: 'ImportResult' })
