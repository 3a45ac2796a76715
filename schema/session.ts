import * as z from 'zod'
import { Role } from './key.ts'

/** The colours that tell environments apart. */
export const EnvironmentTone = z.enum(['red', 'amber', 'green', 'blue'])
export type EnvironmentTone = z.infer<typeof EnvironmentTone>

export const Environment = z
  .object({
    name: z.string(),
    tone: EnvironmentTone.optional(),
    others: z
      .array(z.object({ name: z.string(), url: z.url() }))
      .describe('Where the consoles of the other environments are.'),
  })
  .meta({ id: 'Environment' })
export type Environment = z.infer<typeof Environment>

/** The holder of the token, and the role. */
export const Actor = z.object({ actor: z.string(), role: Role })
export type Actor = z.infer<typeof Actor>

export const Me = Actor.extend({
  environment: Environment.optional().describe('Absent without `ENVIRONMENT_NAME`.'),
}).meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const SessionCreation = z
  .strictObject({ token: z.string().trim().min(1).max(200).describe('An admin token.') })
  .meta({ id: 'SessionCreation' })
