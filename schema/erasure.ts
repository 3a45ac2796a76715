import * as z from 'zod'
import { Comment } from './flag.ts'
import { UserId } from './participation.ts'

export const ByUserId = z.object({ userId: UserId })

export const Erasure = z.strictObject({ comment: Comment })
export const ErasureByBody = Erasure.extend({ userId: UserId })

/** What was removed of a person, and where their id still stands. */
export const Erased = z
  .object({
    removed: z.object({
      assignments: z.int(),
      exposures: z.int(),
      events: z.int(),
      links: z
        .int()
        .describe('Sign-ins that made this id and another one the same person: each a tie to it.'),
    }),
    stillListedIn: z
      .array(z.string())
      .describe('Flags whose allow or deny list names this id: edit them; the audit keeps theirs.'),
  })
  .meta({ id: 'Erased' })
export type Erased = z.infer<typeof Erased>

export const NOTHING_REMOVED: Erased['removed'] = {
  assignments: 0,
  exposures: 0,
  events: 0,
  links: 0,
}
