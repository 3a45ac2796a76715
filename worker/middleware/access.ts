import type { Context } from 'hono'
import { jwtVerify } from 'jose'
import { Email } from '../../schema/member.ts'
import type { Actor } from '../../schema/session.ts'
import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { openDatabase } from '../store/database.ts'
import { findMember } from '../store/members.ts'
import { isAboutToken, getKeySet } from './key-set.ts'
import { refuseForeignOrigin } from './session.ts'

/*
 * Cloudflare Access in front of the admin host signs every request that it admits:
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json
 * The header alone proves nothing: the Worker may have a host that Access does not guard.
 */

export const readAccessAssertion = (c: Context): string | undefined =>
  c.req.header('Cf-Access-Jwt-Assertion')

const refused = () =>
  new Problem('UNAUTHORIZED', 'this is no valid assertion of Cloudflare Access for this service', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  })

/** The email address that Access has verified. The algorithm is pinned, so a token cannot choose a weaker one. */
const verifiedEmail = async (c: Context, assertion: string, issuer: string, audience: string) => {
  try {
    const { href } = new URL('/cdn-cgi/access/certs', issuer)
    const keys = getKeySet(href)((work) => c.executionCtx.waitUntil(work))
    const { payload } = await jwtVerify(assertion, keys, {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['exp', 'iat', 'email'],
    })
    return Email.safeParse(payload.email).data
  } catch (error) {
    if (isAboutToken(error)) return undefined
    console.error({ event: 'access.keys_unreadable', error: describeError(error) })
    throw unavailable('the keys of Cloudflare Access cannot be read; a token still signs in')
  }
}

/** Finds the member of an assertion. Refuses every assertion where Access is not configured. */
export const findAdminByAccess = async (
  c: Context,
  env: Env,
  assertion: string,
): Promise<Actor> => {
  const { ACCESS_TEAM_DOMAIN: issuer, ACCESS_AUD: audience, DB } = env
  if (!issuer || !audience) throw refused()
  refuseForeignOrigin(c)
  const email = await verifiedEmail(c, assertion, issuer, audience)
  if (email === undefined) throw refused()
  const member = await findMember(openDatabase(DB), email)
  if (!member) throw new Problem('FORBIDDEN', 'you are signed in, but no member here: ask an admin')
  return { actor: email, role: member.role }
}
