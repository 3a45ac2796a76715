import type { Context } from 'hono'
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { Email } from '../../schema/member.ts'
import type { Me } from '../../schema/session.ts'
import { describeError } from '../describe-error.ts'
import type { Env } from '../env.ts'
import { Problem, unavailable } from '../problem.ts'
import { openDatabase } from '../store/database.ts'
import { findMember } from '../store/members.ts'
import { refuseForeignOrigin } from './session.ts'

/*
 * Cloudflare Access in front of the admin host signs every request that it lets through:
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json
 * That the header is there proves nothing: this Worker may be reached by an address that Access does not guard.
 */

export const assertionIn = (c: Context): string | undefined =>
  c.req.header('Cf-Access-Jwt-Assertion')

type KeySet = ReturnType<typeof createRemoteJWKSet>

/** By team: kept in the isolate for ten minutes, asked again at most every 30 s for a key that is not in it. */
const keySets = new Map<string, KeySet>()

const keysOf = (issuer: string): KeySet => {
  const known = keySets.get(issuer)
  if (known) return known
  const keys = createRemoteJWKSet(new URL('/cdn-cgi/access/certs', issuer), {
    [customFetch]: (url: string, init: RequestInit) => fetch(url, init),
  })
  keySets.set(issuer, keys)
  return keys
}

const refused = () =>
  new Problem('UNAUTHORIZED', 'this is no valid assertion of Cloudflare Access for this service', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  })

/** What is wrong with the assertion, as opposed to the keys not being had. jose's plain error is of the latter. */
const isAboutAssertion = (error: unknown) =>
  error instanceof errors.JOSEError &&
  error.code !== errors.JOSEError.code &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid)

/** The address that Access vouches for. The algorithm is pinned, so no key of another kind is ever tried. */
const verifiedEmail = async (assertion: string, issuer: string, audience: string) => {
  try {
    const { payload } = await jwtVerify(assertion, keysOf(issuer), {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['exp', 'iat', 'email'],
    })
    return Email.safeParse(payload.email).data
  } catch (error) {
    if (isAboutAssertion(error)) return undefined
    console.error({ event: 'access.keys_unreadable', error: describeError(error) })
    throw unavailable('the keys of Cloudflare Access cannot be read; a token still signs in')
  }
}

/** Who Access says this is, with the role they have now. Refuses everyone where it is not set up. */
export const adminOfAccess = async (c: Context, env: Env, assertion: string): Promise<Me> => {
  const { ACCESS_TEAM_DOMAIN: issuer, ACCESS_AUD: audience, DB } = env
  if (!issuer || !audience) throw refused()
  refuseForeignOrigin(c)
  const email = await verifiedEmail(assertion, issuer, audience)
  if (email === undefined) throw refused()
  const member = await findMember(openDatabase(DB), email)
  if (!member) throw new Problem('FORBIDDEN', 'you are signed in, but no member here: ask an admin')
  return { actor: email, role: member.role }
}
