import { utf8ToBytes } from '@noble/hashes/utils.js'
import * as z from 'zod'
import { MAX_FLAGS } from './limits.ts'
import { Comment, FlagKey, FlagReplacement, FlagSettings } from './flag.ts'

/** Of one flag, in UTF-8 bytes of JSON: its audit row holds it twice, and a row of D1 takes 2 MB. */
export const MAX_FLAG_BYTES = 256 * 1024

const bytesOf = (value: unknown) => utf8ToBytes(JSON.stringify(value)).length

/** A flag as a document carries it: what is absent takes its default, as in PUT. */
export const TransferFlag = FlagReplacement.omit({ comment: true })
  .extend({ key: FlagKey })
  .refine((flag) => bytesOf(flag) <= MAX_FLAG_BYTES, { error: 'a flag takes 256 KB at most' })
  .meta({ id: 'TransferFlag' })
export type TransferFlag = z.infer<typeof TransferFlag>

/**
 * Flags as one document, to keep or to carry to another deployment. Experiments will join as a member of their own
 * that may be absent, so that a document of today stays one; what a reader would ignore is refused, since an import
 * that drops something in silence is worse than none.
 */
export const TransferDocument = z
  .strictObject({
    format: z.literal('indietix-flags'),
    version: z.literal(1),
    exportedAt: z.iso.datetime().optional().describe('For people; an import does not read it.'),
    flags: z.array(TransferFlag).max(MAX_FLAGS),
  })
  .superRefine(({ flags }, context) => {
    const seen = new Set<string>()
    for (const [index, { key }] of flags.entries()) {
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: ['flags', index, 'key'], message: `${key} again` })
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

export const ImportResult = z
  .object({
    dryRun: z.boolean(),
    changes: z.array(ImportChange),
    unchanged: z.int().describe('Flags of the document that are so already.'),
    snapshotVersion: z.int(),
    published: z.boolean(),
  })
  .meta({ id: 'ImportResult' })
