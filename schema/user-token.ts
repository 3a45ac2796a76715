import * as z from 'zod'
import { EvaluationContext } from './context.ts'
import { UserId } from './participation.ts'

/** A Worker secret must have at least this many characters to sign with (RFC 7518, 3.2: as long as the hash). */
export const MIN_SECRET_LENGTH = 32

/** A public name with a top-level domain of letters: no number of a machine, no name that one network alone knows. */
const JWKS_URL =
  /^https:\/\/([a-z0-9-]+\.)+(?!(localhost|local|internal)[:/])[a-z][a-z0-9-]+(:\d{1,5})?\/[!"$-[\]-~]*$/

/** How the users of a client key prove who they are: whose tokens are taken, and what their signature is checked with. */
export const UserTokenDemand = z
  .strictObject({
    jwksUrl: z
      .string()
      .max(512)
      .regex(JWKS_URL, { error: 'send a public https address, without credentials in it' })
      .optional()
      .describe('Where the public keys are (JWKS): RS256, ES256 or EdDSA, and nothing else.'),
    secretName: z
      .string()
      .regex(/^USER_TOKEN_SECRET(_[A-Z0-9]{1,32})?$/, {
        error:
          'name a secret of the Worker: USER_TOKEN_SECRET, or USER_TOKEN_SECRET_ and a word in capitals',
      })
      .optional()
      .describe("The name of the Worker's secret that is shared with the signer: HS256."),
    issuer: z.string().min(1).max(256).optional().describe('What `iss` must be.'),
    audience: z.string().min(1).max(256).optional().describe('What `aud` must be, or hold.'),
  })
  .refine(({ jwksUrl, secretName }) => (jwksUrl === undefined) !== (secretName === undefined), {
    error: 'send a jwksUrl or a secretName: one of the two',
  })
  .meta({ id: 'UserTokenDemand' })
export type UserTokenDemand = z.infer<typeof UserTokenDemand>

/** What a user token says, and all that is believed beside it: the attributes of a context, under their own names. */
export const UserClaims = EvaluationContext.pick({
  role: true,
  city: true,
  category: true,
  categories: true,
}).extend({ sub: UserId })
export type UserClaims = z.infer<typeof UserClaims>
