import * as z from 'zod'
import { Role } from './key.ts'

/** The holder of the token, and the role. */
export const Me = z.object({ actor: z.string(), role: Role }).meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const SessionCreation = z
  .strictObject({ token: z.string().trim().min(1).max(200).describe('An admin token.') })
  .meta({ id: 'SessionCreation' })
