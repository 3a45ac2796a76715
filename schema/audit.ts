import * as z from 'zod'
import { Comment } from './flag.ts'

export const AuditAction = z.enum([
  'flag.create',
  'flag.update',
  'flag.delete',
  'flag.break_glass',
  'segment.create',
  'segment.update',
  'segment.delete',
  'experiment.create',
  'experiment.update',
  'experiment.launch',
  'experiment.pause',
  'experiment.stop',
  'experiment.archive',
  'experiment.unarchive',
  'experiment.delete',
  'experiment.download',
  'key.create',
  'key.update',
  'key.revoke',
  'user.delete',
  'member.create',
  'member.update',
  'member.delete',
])
export type AuditAction = z.infer<typeof AuditAction>

/** One change: actor, action, target, time and reason. A row exists exactly when something changed, or somebody downloaded rows of users. */
export const AuditEntry = z
  .object({
    id: z.int(),
    at: z.iso.datetime(),
    actor: z
      .string()
      .describe(
        'The name of a token, the address of a member, `ADMIN_TOKEN`, `schedule` or `npm start`.',
      ),
    action: AuditAction,
    target: z.string().describe('Kind and key: `flag:feature.new_checkout`.'),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    comment: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>

export const Reversion = z
  .strictObject({
    force: z
      .boolean()
      .default(false)
      .describe('Revert even if it was changed again after this entry.'),
    comment: Comment,
  })
  .meta({ id: 'Reversion' })
