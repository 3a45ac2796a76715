import * as z from 'zod'
import { UserId } from './user-id.ts'

/* People of an experiment who count in no result: testers, and people who are left out. */

export const MAX_TESTERS = 100
export const MAX_LEFT_OUT = 1_000

const hasNoRepetition = (ids: readonly string[]) => new Set(ids).size === ids.length

const Tester = z
  .strictObject({ userId: UserId, variant: z.string().max(64) })
  .meta({ id: 'Tester', example: { userId: 'qa-1', variant: 'B' } })

export const Testers = z
  .array(Tester)
  .max(MAX_TESTERS)
  .refine((testers) => hasNoRepetition(testers.map(({ userId }) => userId)), {
    error: 'two testers have the same user id',
  })
  .describe(
    'Users who see this variant until the experiment stops, and count in no result. Absent: none.',
  )
export type Testers = z.infer<typeof Testers>

export const LeftOut = z
  .strictObject({
    userIds: z
      .array(UserId)
      .max(MAX_LEFT_OUT)
      .refine(hasNoRepetition, { error: 'two entries have the same user id' }),
  })
  .describe('Users who get no variant, and count in no result. Absent: none.')
  .meta({ id: 'LeftOut' })
export type LeftOut = z.infer<typeof LeftOut>

/** Why a user counts in no result. */
export const LeftOutReason = z
  .enum(['TESTER', 'LEFT_OUT', 'CRAWLER'])
  .describe(
    'Why this user counts in no result: a tester, a user who is left out, or a known crawler. Absent for others.',
  )
export type LeftOutReason = z.infer<typeof LeftOutReason>

/** Another value than a boolean is ignored, as it was before this member had a meaning. */
export const IsBot = z
  .boolean()
  .optional()
  .catch(undefined)
  .describe('True for a known crawler: then nothing is stored, and no result counts it.')
