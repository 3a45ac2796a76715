import { utf8ToBytes } from '@noble/hashes/utils.js'
import * as z from 'zod'
import {
  ExperimentDraft,
  ExperimentKey,
  ExperimentSettings,
  ExperimentStatus,
} from './experiment.ts'
import { Instant } from './instant.ts'
import { MAX_EXPERIMENTS, MAX_FLAGS } from './limits.ts'
import { Comment, FlagKey, FlagReplacement, FlagSettings } from './flag.ts'

/** Of one flag, in UTF-8 bytes of JSON: its audit row holds it twice, and a row of D1 takes 2 MB. */
export const MAX_FLAG_BYTES = 256 * 1024

const countBytes = (value: unknown) => utf8ToBytes(JSON.stringify(value)).length

/** A flag as a document carries it: what is absent takes its default, as in PUT. */
export const TransferFlag = FlagReplacement.omit({ comment: true })
  .extend({ key: FlagKey })
  .refine((flag) => countBytes(flag) <= MAX_FLAG_BYTES, { error: 'a flag takes 256 KB at most' })
  .meta({ id: 'TransferFlag' })
export type TransferFlag = z.infer<typeof TransferFlag>

/**
 * An experiment as a document carries it: its settings. Where it stands in its life cycle is told, and is nothing that
 * an import brings about. The order of its schedule is judged when it is imported: older documents have STOPPED
 * experiments with a start behind their stop, which no draft may have, and which must not keep one from being read.
 */
export const TransferExperiment = ExperimentDraft.extend({
  status: ExperimentStatus.optional().describe(
    'For people; an import brings none about. A `startAt` that is not before the `stopAt` is dropped of what is STOPPED.',
  ),
}).meta({ id: 'TransferExperiment' })
export type TransferExperiment = z.infer<typeof TransferExperiment>

/**
 * Flags and experiments as one document, to keep or to carry to another deployment. Experiments may be absent, so that
 * a document from before they were carried is still one; what a reader would ignore is refused, since an import that
 * drops something in silence is worse than none.
 */
export const TransferDocument = z
  .strictObject({
    format: z.literal('indietix-flags'),
    version: z.literal(1),
    exportedAt: Instant.optional().describe('For people; an import does not read it.'),
    flags: z.array(TransferFlag).max(MAX_FLAGS),
    experiments: z.array(TransferExperiment).max(MAX_EXPERIMENTS).optional(),
  })
  .superRefine(({ flags, experiments = [] }, context) => {
    // One set for both: a key names a flag or an experiment, never both.
    const seen = new Set<string>()
    for (const [name, things] of Object.entries({ flags, experiments }))
      for (const [index, { key }] of things.entries()) {
        if (seen.has(key))
          context.addIssue({ code: 'custom', path: [name, index, 'key'], message: `${key} again` })
        seen.add(key)
      }
  })
  .meta({ id: 'TransferDocument' })
export type TransferDocument = z.infer<typeof TransferDocument>

export const ImportQuery = z.object({
  dryRun: z.enum(['true', 'false']).optional().describe('`true` only says what would change.'),
  comment: Comment,
})

/** What one flag was before an import, and is after it; before is null for a flag that is created. */
export const ImportChange = z.object({
  key: FlagKey,
  before: FlagSettings.nullable(),
  after: FlagSettings,
})
export type ImportChange = z.infer<typeof ImportChange>

/** The same of an experiment, with where it stands: an import moves nothing along in its life cycle. */
export const ImportExperimentChange = z.object({
  key: ExperimentKey,
  status: ExperimentStatus,
  before: ExperimentSettings.nullable(),
  after: ExperimentSettings,
})
export type ImportExperimentChange = z.infer<typeof ImportExperimentChange>

export const ImportResult = z
  .object({
    dryRun: z.boolean(),
    changes: z.array(ImportChange).describe('Of flags.'),
    experimentChanges: z.array(ImportExperimentChange),
    unchanged: z.int().describe('Flags and experiments of the document that are so already.'),
    snapshotVersion: z.int(),
    published: z.boolean(),
  })
  .meta({ id: 'ImportResult' })
