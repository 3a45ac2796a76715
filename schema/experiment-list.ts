import * as z from 'zod'
import { PageQuery } from './page.ts'

/** The statuses that a list can show, in the order of `sort=status`. They depend on the time. */
export const ListedStatus = z.enum([
  'RUNNING',
  'SCHEDULED',
  'PAUSED',
  'DRAFT',
  'STOPPED',
  'ARCHIVED',
])
export type ListedStatus = z.infer<typeof ListedStatus>

export const ExperimentQuery = PageQuery.extend({
  search: z
    .string()
    .max(200)
    .optional()
    .describe('Words. Each is part of the key, the description, a variant or the owner.'),
  status: ListedStatus.optional().describe(
    'As of now: `SCHEDULED` is RUNNING before its `startAt`. Absent: all but `ARCHIVED`.',
  ),
  owner: z.string().max(254).optional().describe('Exactly this owner.'),
  sort: z.enum(['key', 'status']).default('key').describe('`status`: running ones first.'),
})
export type ExperimentQuery = z.infer<typeof ExperimentQuery>
