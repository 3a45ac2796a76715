/*
 * Which attributes of a context an evaluation key trusts. In a file without zod, because the console applies the same
 * rule in the browser.
 */

/** The settings of a client key that decide; undefined for a server key, which trusts everything. */
export type TrustSettings =
  | {
      readonly trustsRole?: boolean | undefined
      readonly trusts?: readonly string[] | null | undefined
      /** The context stands for the claims of a user token. */
      readonly isSigned?: boolean
    }
  | undefined

type Members = Readonly<Record<string, unknown>>

/** Members that name the user. Everybody may send them. */
const ALWAYS_TRUSTED: ReadonlySet<string> = new Set(['userId', 'targetingKey', 'anonymous'])

/** Claims about a user token itself (RFC 7519, 4.1), and what it cannot say about a user. */
export const TOKEN_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'anonymous',
])

/** True when a key trusts an attribute. */
export const isTrusted = (settings: TrustSettings, name: string): boolean => {
  const { trusts, trustsRole = true, isSigned = false } = settings ?? {}
  if (isSigned) return !TOKEN_CLAIMS.has(name)
  if (!trusts) return trustsRole || name !== 'role'
  return ALWAYS_TRUSTED.has(name) || trusts.includes(name === 'category' ? 'categories' : name)
}

/** The part of a context that a key trusts. */
export const keepTrusted = (settings: TrustSettings, context: Members): Members => {
  const { trusts, trustsRole = true, isSigned = false } = settings ?? {}
  if (!trusts && trustsRole && !isSigned) return context
  return Object.fromEntries(Object.entries(context).filter(([name]) => isTrusted(settings, name)))
}

/** The attributes of a context that a key ignores. A missing one is not ignored. */
export const listIgnored = (settings: TrustSettings, context: Members): string[] =>
  Object.entries(context).flatMap(([name, value]) =>
    value === undefined || value === null || isTrusted(settings, name) ? [] : [name],
  )
