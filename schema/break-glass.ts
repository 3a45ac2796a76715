import * as z from 'zod'
import { FlagKey, Prose } from './flag.ts'

/** Break-glass can only switch off. The comment is required, because there is no other check. */
export const BreakGlassRequest = z
  .strictObject({
    enabled: z.literal(false, {
      error:
        'break-glass can only switch a flag off: to switch it on, use PATCH /api/flags/{key} or the UI',
    }),
    comment: Prose.trim().min(1).describe('Why; kept in the audit.'),
  })
  .meta({ id: 'BreakGlassRequest' })

/** The result of a break-glass request. */
export const BreakGlassResponse = z
  .object({
    key: FlagKey,
    enabled: z.literal(false),
    changed: z.boolean().describe('False when the published snapshot had it off already.'),
    snapshotVersion: z.int().describe('The snapshot version in which it is off.'),
    published: z
      .literal(true)
      .describe('It is in effect: the Publisher stores the snapshot before it answers.'),
    reconciled: z
      .boolean()
      .describe('Whether D1 and the audit have it. If not, the Publisher retries until they do.'),
  })
  .meta({ id: 'BreakGlassResponse' })
