import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import { afterEach, beforeEach, vi } from 'vitest'
import type { Env } from '../../worker/env.ts'
import { ADMIN, json, sendWith } from './api.ts'

/** The secret that a backend and the Worker share. */
export const SECRET = 'a secret of 32 characters or more'

/** An isolate of a Worker that has the secret. */
export const signing = (): Env => ({ ...env, USER_TOKEN_SECRET: SECRET })

export type Pair = {
  readonly kid: string
  readonly alg: string
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export const createKeyPair = async (kid: string, alg = 'RS256'): Promise<Pair> => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { kid, alg, publicKey, privateKey, jwk }
}
export type Claims = Readonly<Record<string, unknown>>

/** In seconds, as claims have it. */
export const now = () => Math.floor(Date.now() / 1000)

const signed = (claims: Claims, header: { alg: string; kid?: string }) =>
  new SignJWT({ sub: 'u-1', iat: now(), exp: now() + 600, ...claims }).setProtectedHeader(header)

/** A token for the user `u-1`, signed with the shared secret. */
export const secretToken = (claims: Claims = {}, secret = SECRET, alg = 'HS256') =>
  signed(claims, { alg }).sign(new TextEncoder().encode(secret))

/** The same, signed by a key pair. */
export const tokenBy = (pair: Pair, claims: Claims = {}, header: object = {}) =>
  signed(claims, { alg: pair.alg, kid: pair.kid, ...header }).sign(pair.privateKey)

const keys = { made: 0 }

/** A new client key with these settings, and the snapshot version that knows it. */
export const clientKey = async (settings: object, bindings = signing()) => {
  const name = `client ${keys.made++}`
  const made = await json<{ key: { id: string }; secret: string; snapshotVersion: number }>(
    sendWith(bindings, 'POST', '/api/keys', {
      as: ADMIN,
      body: { name, kind: 'client', ...settings },
    }),
  )
  return { id: made.key.id, secret: made.secret, version: made.snapshotVersion }
}

/** An identity provider: every test has one of its own, for an isolate remembers what it has read. */
export const provider = {
  number: 0,
  url: '',
  keys: [] as JWK[],
  /** Answers in its place. */
  answer: undefined as (() => Response | Promise<Response>) | undefined,
  asked: 0,
  /** The Worker's redirect mode. */
  redirect: '',
}

/** Answers each outgoing request of the Worker as the provider, in each test of a file. */
export const standInForProvider = (publish: () => JWK[]) => {
  const realFetch = globalThis.fetch
  beforeEach(() => {
    const url = `https://provider-${++provider.number}.test/keys`
    Object.assign(provider, { url, keys: publish(), answer: undefined, asked: 0 })
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const { url: asked, redirect } = new Request(input, init)
      if (asked !== provider.url) return realFetch(input, init)
      provider.asked++
      provider.redirect = redirect
      return provider.answer?.() ?? Response.json({ keys: provider.keys })
    })
  })
  afterEach(() => vi.mocked(globalThis.fetch).mockRestore())
}
