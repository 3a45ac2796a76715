import * as z from 'zod'
import { IsBot, LeftOutReason } from './people.ts'
import { AnyUserId } from './user-id.ts'

/** An anonymous user has signed in. */
export const IdentifyRequest = z
  .object({
    anonymousId: AnyUserId.describe(
      'The user id of their contexts before; a random UUID where the key demands a user token.',
    ),
    userId: AnyUserId.describe('The user id of their contexts from now on.'),
    isBot: IsBot,
  })
  .refine(({ anonymousId, userId }) => anonymousId !== userId, {
    error: 'userId equals anonymousId: send the id of the user who signed in',
    path: ['userId'],
  })

/** A random id. Only the client that made it can know it, so knowing it is proof enough. */
export const UnguessableId = z.uuidv4()

export const IdentifyResponse = z
  .object({
    variants: z
      .record(z.string(), z.string())
      .describe(
        'The variant of the user from now on, in each experiment that the anonymous user had a variant in.',
      ),
    conflicts: z
      .array(z.string())
      .describe(
        'Experiments in which the two had different variants: their results leave both out.',
      ),
    version: z.int().describe('Reads with this `minVersion` return these variants.'),
    reason: LeftOutReason.optional(),
  })
  .meta({ id: 'IdentifyResponse' })
export type IdentifyResponse = z.infer<typeof IdentifyResponse>
