import * as z from 'zod'
import { MAX_ATTRIBUTE_LENGTH, MAX_ITEMS } from './context.ts'
import { UserId } from './user-id.ts'

/** The least length of a Worker secret for HS256 (RFC 7518, 3.2: as long as the hash). */
export const MIN_SECRET_LENGTH = 32

/** A public host name with a top-level domain of letters: no IP address, no name of a private network. */
const JWKS_URL =
  /^https:\/\/([a-z0-9-]+\.)+(?!(localhost|local|internal)[:/])[a-z][a-z0-9-]+(:\d{1,5})?\/[!"$-[\]-~]*$/

/** How a client key verifies user tokens: the keys or the secret, and the expected claims. */
export const UserTokenDemand = z
  .strictObject({
    jwksUrl: z
      .string()
      .max(512)
      .regex(JWKS_URL, { error: 'use a public https address without credentials' })
      .optional()
      .describe('The address of the public keys (JWKS): RS256, ES256 or EdDSA only.'),
    secretName: z
      .string()
      .regex(/^USER_TOKEN_SECRET(_[A-Z0-9]{1,32})?$/, {
        error:
          'name a secret of the Worker: USER_TOKEN_SECRET, or USER_TOKEN_SECRET_ and a word in capitals',
      })
      .optional()
      .describe('The name of the Worker secret that the signer shares: HS256.'),
    issuer: z.string().min(1).max(256).optional().describe('The expected `iss`.'),
    audience: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('The expected `aud`, or one of its items.'),
  })
  .refine(({ jwksUrl, secretName }) => (jwksUrl === undefined) !== (secretName === undefined), {
    error: 'send either a jwksUrl or a secretName',
  })
  .meta({ id: 'UserTokenDemand' })
export type UserTokenDemand = z.infer<typeof UserTokenDemand>

const dropNull = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined
const Attribute = z.string().max(MAX_ATTRIBUTE_LENGTH).nullish().transform(dropNull)
const Categories = z.array(z.string().max(MAX_ATTRIBUTE_LENGTH)).max(MAX_ITEMS)

/**
 * The claims of a user token: the user, and the attributes of a context under their own names. A known claim of another
 * type refuses the token, because the issuer has to mend it.
 */
export const UserClaims = z.looseObject({
  sub: UserId,
  role: Attribute,
  city: Attribute,
  category: z.union([Attribute, Categories]),
  categories: Categories.nullish().transform(dropNull),
})
export type UserClaims = z.infer<typeof UserClaims>
