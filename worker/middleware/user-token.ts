import type { Context } from 'hono'
import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose'
import { MIN_SECRET_LENGTH, UserClaims, type UserTokenDemand } from '../../schema/user-token.ts'
import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { Problem, unavailable } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { isAboutToken, getKeySet } from './key-set.ts'

/*
 * Anyone can read the key of a page and invent a context. A key may therefore demand that the app's backend or identity
 * provider signs the user.
 */

const HEADER = 'X-User-Token'
const MAX_TOKEN_LENGTH = 8_192
/** A signer's clock may be this much ahead, or behind. */
const CLOCK_TOLERANCE_SECONDS = 10

const refused = (details: string) =>
  new Problem('INVALID_USER_TOKEN', details, { headers: { 'WWW-Authenticate': 'Bearer' } })

/** The secrets of this name that are long enough to sign with: the current one, and `…_OLD` during a rotation. */
export const getUserTokenSecrets = (env: Env, name: string): Uint8Array[] =>
  [name, `${name}_OLD`].flatMap((each) => {
    const secret: unknown = Reflect.get(env, each)
    return typeof secret === 'string' && secret.length >= MIN_SECRET_LENGTH
      ? [new TextEncoder().encode(secret)]
      : []
  })

/** Verifies a token with each secret in turn. */
const verifyBySecret = async (
  token: string,
  [secret, ...others]: readonly Uint8Array[],
  options: JWTVerifyOptions,
): Promise<JWTPayload> => {
  if (!secret) throw new Error('the Worker has no such secret, or one that is too short')
  try {
    return (await jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })).payload
  } catch (error) {
    const isByAnother = error instanceof errors.JWSSignatureVerificationFailed
    if (isByAnother && others.length > 0) return verifyBySecret(token, others, options)
    throw error
  }
}

const describeRefusal = (error: errors.JOSEError): string => {
  if (error instanceof errors.JWTExpired) return 'the user token has expired: get a new one'
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the user token's claim \`${error.claim}\` is missing, or not what this key demands`
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return 'the user token is not signed by whom this key trusts'
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'the user token is signed with an algorithm that this key does not take'
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'the user token is signed with a key that is not among those of `jwksUrl`'
  return 'this is no user token: a JWT is three parts with dots between them'
}

/** The kind of key decides the algorithm, never the token: else a public key could pass as a shared secret. */
const verify = async (
  c: Context,
  token: string,
  { jwksUrl, secretName = '', issuer, audience }: UserTokenDemand,
): Promise<JWTPayload> => {
  const expected = {
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }
  if (jwksUrl === undefined)
    return verifyBySecret(token, getUserTokenSecrets(c.env, secretName), expected)
  const options = { ...expected, algorithms: ['RS256', 'ES256', 'EdDSA'] }
  const keys = getKeySet(jwksUrl)((work) => c.executionCtx.waitUntil(work))
  return (await jwtVerify(token, keys, options)).payload
}

const ANNOUNCE_AFTER_MS = 60_000
const announcedAt = new Map<string, number>()

/** Logs that no user token of a key can be verified, at most once a minute. */
const announce = (keyId: string, error: unknown) => {
  if (Math.abs(Date.now() - (announcedAt.get(keyId) ?? 0)) < ANNOUNCE_AFTER_MS) return
  announcedAt.set(keyId, Date.now())
  console.error({ event: 'user_token.unverifiable', keyId, error: describeError(error) })
}

/**
 * The signed claims of the user, or undefined when the key demands none.
 *
 * @throws Problem INVALID_USER_TOKEN, or UNAVAILABLE when the token cannot be checked
 */
export const signedClaims = async (
  c: Context,
  key: EvaluationKey,
): Promise<UserClaims | undefined> => {
  const demand = key.client?.userToken
  if (!demand) return undefined
  const token = c.req.header(HEADER)
  if (!token) throw refused(`this key demands a signed user token: send it as \`${HEADER}\``)
  if (token.length > MAX_TOKEN_LENGTH)
    throw refused(`a user token has at most ${MAX_TOKEN_LENGTH} characters`)
  try {
    const { success, data, error } = UserClaims.safeParse(await verify(c, token, demand))
    if (success) return data
    const [claim = ''] = error.issues[0]?.path ?? []
    throw refused(`the user token's claim \`${String(claim)}\` is not of the right type`)
  } catch (error) {
    if (error instanceof Problem) throw error
    if (isAboutToken(error)) throw refused(describeRefusal(error))
    announce(key.id, error)
    throw unavailable('user tokens cannot be verified: what that takes is missing, or not valid')
  }
}
