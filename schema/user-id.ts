import * as z from 'zod'
import { MAX_USER_ID_LENGTH } from './context.ts'

/** Half a surrogate pair has no UTF-8. It becomes U+FFFD here, in the bucket and in the name of the object. */
export const UserId = z
  .string()
  .max(MAX_USER_ID_LENGTH)
  .overwrite((id) => id.toWellFormed())
  .refine((id) => id.trim() !== '', { error: 'the user id is blank: send the id of a user' })

/** A user id in a body: a number is its text, as in a context. */
export const AnyUserId = z.union([UserId, z.number().transform(String)], {
  error: 'send a text or a number',
})
