import * as z from 'zod'
import { UserId } from './participation.ts'

/** Someone who used the app as nobody in particular has signed in. */
export const IdentifyRequest = z
  .object({
    anonymousId: UserId.describe(
      'The user id of their contexts before; a random UUID where the key demands a user token.',
    ),
    userId: UserId.describe('The user id of their contexts from now on.'),
  })
  .refine(({ anonymousId, userId }) => anonymousId !== userId, {
    error: 'this is the anonymousId: nobody signed in',
    path: ['userId'],
  })

/** An id that nobody can guess: to know it proves that one was this person. */
export const UnguessableId = z.uuidv4()

export const IdentifyResponse = z
  .object({
    variants: z
      .record(z.string(), z.string())
      .describe(
        'What the user has from now on in every experiment that the anonymous person had a variant of.',
      ),
    conflicts: z
      .array(z.string())
      .describe('Experiments in which the two had different variants: both are left out there.'),
    version: z.int().describe('Reads that name it (`minVersion`) tell these variants.'),
  })
  .meta({ id: 'IdentifyResponse' })
export type IdentifyResponse = z.infer<typeof IdentifyResponse>
