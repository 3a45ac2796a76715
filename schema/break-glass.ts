import * as z from 'zod'
import { FlagKey, Prose } from './flag.ts'

/** Off is all that it can do. It says why, because nobody is asked first. */
export const BreakGlassRequest = z
  .strictObject({
    enabled: z.literal(false, {
      error:
        'breaking the glass only switches off: switch it on with PATCH /api/flags/{key}, or in the UI',
    }),
    comment: Prose.trim().min(1).describe('Why; kept in the audit.'),
  })
  .meta({ id: 'BreakGlassRequest' })

/** What breaking the glass came to. */
export const BreakGlassResponse = z
  .object({
    key: FlagKey,
    enabled: z.literal(false),
    changed: z.boolean().describe('False when what is published had it off already.'),
    snapshotVersion: z.int().describe('The version in which it is off.'),
    published: z.literal(true).describe('It is in effect: the Publisher has stored it.'),
    reconciled: z
      .boolean()
      .describe('Whether D1 and the audit have it; until they do, the Publisher goes on trying.'),
  })
  .meta({ id: 'BreakGlassResponse' })
