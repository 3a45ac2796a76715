import * as z from 'zod'
import { Comment } from './flag.ts'
import { AnyUserId, UserId } from './user-id.ts'

export const ByUserId = z.object({ userId: UserId })

export const Erasure = z.strictObject({ comment: Comment })
export const ErasureByBody = Erasure.extend({ userId: AnyUserId })

/** The rows that were removed, and the keys of lists that still contain the user id. */
export const Erased = z
  .object({
    removed: z.object({
      assignments: z.int(),
      exposures: z.int(),
      events: z.int(),
      links: z.int().describe('Links to other ids of the same person, made by sign-in merges.'),
    }),
    stillListedIn: z
      .array(z.string())
      .describe(
        'Flags and experiments with this id in one of their lists, and segments as `segment:KEY`: edit them. Old audit entries keep it.',
      ),
  })
  .meta({ id: 'Erased' })
export type Erased = z.infer<typeof Erased>

export const NOTHING_REMOVED: Erased['removed'] = {
  assignments: 0,
  exposures: 0,
  events: 0,
  links: 0,
}
