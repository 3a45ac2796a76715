import { env } from 'cloudflare:workers'
import { exportSPKI } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Env } from '../../worker/env.ts'
import { json, problem, putFlag, seedKeys, sendWith, SERVER, watchConsole } from '../support/api.ts'
import { drain, rows, runExperiment } from '../support/experiments.ts'
import {
  clientKey,
  now,
  createKeyPair,
  provider,
  SECRET,
  secretToken,
  signing,
  standInForProvider,
  tokenBy,
  type Claims,
  type Pair,
} from '../support/user-tokens.ts'

const logged = watchConsole()

let ours: Pair
let foreign: Pair
let curve: Pair
let edwards: Pair
/** Published too, and of algorithms that no key takes. */
let salted: Pair
let long: Pair

/** A key that takes tokens signed with the shared secret. */
const shared = { secret: '', version: 0 }

beforeAll(async () => {
  await seedKeys()
  await putFlag('for.staff', { rules: { roles: ['STAFF'] } })
  await putFlag('for.mumbai', { rules: { cities: ['Mumbai'] } })
  await putFlag('for.music', { rules: { categories: ['music'] } })
  await putFlag('for.u-1', { rollout: 0, rules: { allowList: ['u-1'] } })
  await runExperiment('running')
  Object.assign(shared, await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET' } }))
  ours = await createKeyPair('ours')
  foreign = await createKeyPair('ours')
  curve = await createKeyPair('curve', 'ES256')
  edwards = await createKeyPair('edwards', 'EdDSA')
  salted = await createKeyPair('salted', 'PS256')
  long = await createKeyPair('long', 'RS512')
})
standInForProvider(() => [ours.jwk, curve.jwk, edwards.jwk])

type Sent = {
  readonly key?: { secret: string; version: number }
  readonly token?: string | undefined
  readonly context?: object
  readonly at?: Env
}

const ask = (
  path: string,
  { key = shared, token, context = {}, at = signing() }: Sent,
  body: object = { context },
) =>
  sendWith(at, 'POST', `${path}?minVersion=${key.version}`, {
    as: key.secret,
    body,
    headers: { ...(token !== undefined && { 'X-User-Token': token }) },
  })

const evaluate = (sent: Sent) => ask('/v1/flags/evaluate', sent)

const readFlags = async (sent: Sent) =>
  (await json<{ flags: Record<string, boolean> }>(evaluate(sent))).flags

type Flags = Record<string, boolean>
const ofrep = '/ofrep/v1/evaluate/flags'
const read = {
  'all flags': async (sent: Sent) => readFlags(sent),
  'flags that are named': async (sent: Sent) => {
    const keys = ['for.staff', 'for.mumbai', 'for.music', 'for.u-1']
    return (
      await json<{ flags: Flags }>(
        ask('/v1/flags/evaluate', sent, { context: sent.context ?? {}, keys }),
      )
    ).flags
  },
  'the bundle': async (sent: Sent) => (await json<{ flags: Flags }>(ask('/v1/bundle', sent))).flags,
  'OFREP, one by one': async (sent: Sent) => {
    const values: Flags = {}
    for (const key of ['for.staff', 'for.mumbai', 'for.music', 'for.u-1'])
      values[key] = (await json<{ value: boolean }>(ask(`${ofrep}/${key}`, sent))).value
    return values
  },
  'OFREP, all at once': async (sent: Sent) => {
    const { flags } = await json<{ flags: { key: string; value: boolean }[] }>(ask(ofrep, sent))
    return Object.fromEntries(flags.map(({ key, value }) => [key, value]))
  },
}

describe.each(Object.entries(read))('User token at %s', (_, values) => {
  it('the user, role, city and categories come from the token', async () => {
    const token = await secretToken({ role: 'STAFF', city: 'Mumbai', categories: ['music'] })
    expect(await values({ token })).toMatchObject({
      'for.staff': true,
      'for.mumbai': true,
      'for.music': true,
      'for.u-1': true,
    })
  })

  it('the context adds nothing to the token', async () => {
    const token = await secretToken({ sub: 'u-2' })
    const context = { role: 'STAFF', city: 'Mumbai', category: 'music', categories: ['music'] }
    expect(await values({ token, context })).toMatchObject({
      'for.staff': false,
      'for.mumbai': false,
      'for.music': false,
      'for.u-1': false,
    })
  })

  it('a key that trusts roles does not trust an unsigned role', async () => {
    const key = await clientKey({
      trustsRole: true,
      userToken: { secretName: 'USER_TOKEN_SECRET' },
    })
    const context = { role: 'STAFF' }
    expect(await values({ key, token: await secretToken(), context })).toMatchObject({
      'for.staff': false,
    })
  })
})

const exposure = (userId: string) => ({ id: 'x', experimentKey: 'running', userId, variant: 'A' })
const event = (id: string, userId: string) => ({ id, type: 'booking.confirmed', userId })

const routes: [path: string, body: (userId: string) => object][] = [
  ['/v1/flags/evaluate', (userId) => ({ context: { userId } })],
  ['/v1/flags/evaluate', (targetingKey) => ({ context: { targetingKey }, keys: ['for.u-1'] })],
  ['/v1/bundle', (userId) => ({ context: { userId } })],
  [ofrep, (targetingKey) => ({ context: { targetingKey } })],
  [`${ofrep}/for.u-1`, (userId) => ({ context: { userId } })],
  ['/v1/experiments/running/assign', (userId) => ({ context: { userId } })],
  ['/v1/experiments/running/variant', (targetingKey) => ({ context: { targetingKey } })],
  ['/v1/exposures', (userId) => ({ exposures: [exposure(userId)] })],
  ['/v1/events', (userId) => ({ events: [event('y', userId)] })],
  ['/v1/identify', (userId) => ({ anonymousId: crypto.randomUUID(), userId })],
]

describe.each(routes)('A key that demands user tokens at %s', (path, body) => {
  it('a request without a token answers 401', async () => {
    const refusal = await problem(ask(path, {}, body('u-1')))
    expect(refusal).toMatchObject({ status: 401, errorCode: 'INVALID_USER_TOKEN' })
    expect(refusal.errorDetails).toContain('send it as `X-User-Token`')
    expect(refusal.headers.get('WWW-Authenticate')).toBe('Bearer')
  })

  it('a good token is accepted, with or without the user in the body', async () => {
    const token = await secretToken()
    expect((await ask(path, { token }, body('u-1'))).ok).toBe(true)
    if (!('context' in body(''))) return
    expect((await ask(path, { token }, body(' '))).ok).toBe(true)
    expect((await ask(path, { token }, { context: {} })).ok).toBe(true)
  })

  it('a key without the demand ignores a token', async () => {
    const key = { secret: SERVER, version: 0 }
    expect((await ask(path, { key, token: 'garbage' }, body('u-1'))).ok).toBe(true)
  })
})

describe('A body that names another user than the token', () => {
  it.each(routes.filter(([path]) => path !== '/v1/exposures' && path !== '/v1/events'))(
    'the request is refused: %s',
    async (path, body) => {
      const token = await secretToken()
      const refusal = await problem(ask(path, { token }, body('u-2')))
      expect(refusal).toMatchObject({ status: 403, errorCode: 'FORBIDDEN' })
      expect(refusal.errorDetails).not.toMatch(/u-[12]/)
    },
  )

  it('the request is refused under userId and targetingKey', async () => {
    const token = await secretToken()
    for (const context of [
      { userId: 'u-1', targetingKey: 'u-2' },
      { userId: 'u-2', targetingKey: 'u-1' },
    ])
      expect((await evaluate({ token, context })).status).toBe(403)
  })

  it('the other user is not assigned, and its rows are refused', async () => {
    const token = await secretToken({ sub: 'signer' })
    const assigned = ask('/v1/experiments/running/assign', { token, context: { userId: 'victim' } })
    expect((await assigned).status).toBe(403)
    const { variant } = await json<{ variant: string }>(
      ask('/v1/experiments/running/assign', { token }),
    )
    const exposures = ['victim', 'signer'].map((userId) => ({
      ...exposure(userId),
      id: `of ${userId}`,
      variant,
    }))
    expect(await json(ask('/v1/exposures', { token }, { exposures }))).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [{ id: 'of victim', errorCode: 'USER_MISMATCH' }],
    })
    const events = [event('e-1', 'signer'), event('e-2', 'victim')]
    expect(await json(ask('/v1/events', { token }, { events }))).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [{ id: 'e-2', errorCode: 'USER_MISMATCH' }],
    })
    await drain('signer')
    await drain('victim')
    for (const table of ['experiment_assignment', 'experiment_exposure', 'event'])
      expect(
        await rows(`SELECT DISTINCT user_id FROM ${table} WHERE user_id IN ('signer', 'victim')`),
      ).toEqual([{ user_id: 'signer' }])
  })

  it('the other user cannot be the target of a sign-in merge', async () => {
    const token = await secretToken({ sub: 'signer' })
    const identify = (userId: string) =>
      ask('/v1/identify', { token }, { anonymousId: crypto.randomUUID(), userId })
    expect(await problem(identify('victim'))).toMatchObject({
      status: 403,
      errorCode: 'FORBIDDEN',
    })
    expect((await identify('signer')).status).toBe(200)
    expect((await ask('/v1/identify', {}, { anonymousId: 'b', userId: 'signer' })).status).toBe(401)
  })

  it('a merge needs a random anonymous id, since a guessed id proves nothing', async () => {
    const token = await secretToken({ sub: 'thief' })
    const steal = (anonymousId: string) =>
      problem(ask('/v1/identify', { token }, { anonymousId, userId: 'thief' }))
    for (const guess of ['u-42', 'someone@shop.test', '00000000-0000-0000-0000-000000000000'])
      expect(await steal(guess)).toMatchObject({
        status: 400,
        errorCode: 'INVALID_REQUEST',
        issues: [{ path: 'anonymousId', message: expect.stringContaining('randomUUID') }],
      })
  })

  it('an id that differs by half a surrogate pair is the same user, since both are stored as one', async () => {
    const token = await secretToken({ sub: 'half \ud800' })
    const context = { userId: 'half \ud800' }
    expect((await evaluate({ token, context })).status).toBe(200)
  })
})

const demands = () => ({
  secretName: { secretName: 'USER_TOKEN_SECRET', issuer: 'https://shop.test', audience: 'flags' },
  jwksUrl: { jwksUrl: provider.url, issuer: 'https://shop.test', audience: 'flags' },
})
const expected = { iss: 'https://shop.test', aud: 'flags' }
const encoded = (part: object) => btoa(JSON.stringify(part)).replaceAll('=', '')
const promoted = async (token: string, claims: Claims) => {
  const [header, , signature] = token.split('.')
  return [header, encoded({ sub: 'u-1', exp: now() + 600, ...claims }), signature].join('.')
}
const unsigned = (header: object, claims: Claims) =>
  `${encoded(header)}.${encoded({ sub: 'u-1', exp: now() + 600, ...claims })}.`

type Forgery = [
  what: string,
  forge: (sign: (claims?: Claims) => Promise<string>) => string | Promise<string>,
  reason: string,
]
const NO_TOKEN = 'this is no user token'
const forgeries: Forgery[] = [
  ['that has expired', (sign) => sign({ exp: now() - 11 }), 'has expired: get a new one'],
  ['that never expires', (sign) => sign({ exp: undefined }), '`exp`'],
  ['that is not valid yet', (sign) => sign({ nbf: now() + 60 }), '`nbf`'],
  ['of another issuer', (sign) => sign({ iss: 'https://evil.test' }), '`iss`'],
  ['without an issuer', (sign) => sign({ iss: undefined }), '`iss`'],
  ['for another audience', (sign) => sign({ aud: ['other'] }), '`aud`'],
  ['without an audience', (sign) => sign({ aud: undefined }), '`aud`'],
  ['without a subject', (sign) => sign({ sub: undefined }), '`sub`'],
  ['with a blank subject', (sign) => sign({ sub: '  ' }), '`sub`'],
  ['whose subject is a number', (sign) => sign({ sub: 7 }), '`sub`'],
  ['with a subject that is too long', (sign) => sign({ sub: 'x'.repeat(257) }), '`sub`'],
  ['with many roles', (sign) => sign({ role: ['STAFF', 'ADMIN'] }), '`role`'],
  ['whose city is an object', (sign) => sign({ city: { toString: 'Mumbai' } }), '`city`'],
  ['whose claims were changed', async (sign) => promoted(await sign(), expected), 'not signed by'],
  ['without a signature', () => unsigned({ alg: 'none' }, expected), 'an algorithm'],
  ['whose algorithm is null', () => unsigned({ alg: null }, expected), NO_TOKEN],
  ['with a part too few', async (sign) => (await sign()).split('.', 2).join('.'), NO_TOKEN],
  ['that is garbage', () => 'a.b.c', NO_TOKEN],
  ['that is a prototype', () => '__proto__', NO_TOKEN],
  ['that is very long', () => 'x'.repeat(8_193), 'at most 8192 characters'],
  ['sent twice', async (sign) => `${await sign()}, ${await sign()}`, NO_TOKEN],
]

describe.each(['secretName', 'jwksUrl'] as const)('A user token with a %s', (name) => {
  const sign = (claims: Claims = {}) =>
    name === 'secretName'
      ? secretToken({ ...expected, ...claims })
      : tokenBy(ours, { ...expected, ...claims })

  it('a token that meets the demands is accepted', async () => {
    const key = await clientKey({ userToken: demands()[name] })
    for (const claims of [{}, { aud: ['other', 'flags'] }, { nbf: now() + 5 }, { role: null }])
      expect((await evaluate({ key, token: await sign(claims) })).status).toBe(200)
  })

  it.each(forgeries)('a token %s is refused with the reason', async (_, forge, reason) => {
    const key = await clientKey({ userToken: demands()[name] })
    const refusal = await problem(evaluate({ key, token: await forge(sign) }))
    expect(refusal).toMatchObject({ status: 401, errorCode: 'INVALID_USER_TOKEN' })
    expect(refusal.errorDetails).toContain(reason)
  })
})

describe('The algorithm of a user token: the key decides, never the token', () => {
  it.each([
    ['RS256', () => ours],
    ['ES256', () => curve],
    ['EdDSA', () => edwards],
  ])('a token of %s is accepted with published keys', async (_, pair) => {
    const key = await clientKey({ userToken: { jwksUrl: provider.url } })
    expect((await evaluate({ key, token: await tokenBy(pair()) })).status).toBe(200)
  })

  it.each([
    ['another kind of signature', () => tokenBy(salted)],
    ['a longer hash', () => tokenBy(long)],
    ['a public key as the secret', async () => secretToken({}, await exportSPKI(ours.publicKey))],
    ['a public key’s modulus as the secret', async () => secretToken({}, ours.jwk.n)],
    ['the Worker’s secret', () => secretToken()],
    ['a foreign key under a published name', () => tokenBy(foreign)],
    ['a key in the token', () => tokenBy(foreign, {}, { jwk: foreign.jwk })],
    ['a token that names a key of another algorithm', () => tokenBy(curve, {}, { kid: 'ours' })],
  ])('published keys refuse %s', async (_, forge) => {
    const secret = { kty: 'oct', k: btoa(SECRET), kid: 'ours', alg: 'HS256' }
    provider.keys = [ours.jwk, curve.jwk, salted.jwk, long.jwk, secret]
    const key = await clientKey({ userToken: { jwksUrl: provider.url } })
    expect(await problem(evaluate({ key, token: await forge() }))).toMatchObject({ status: 401 })
  })

  it.each([
    ['another secret', () => secretToken({}, 'b'.repeat(40))],
    ['a longer hash', () => secretToken({}, SECRET, 'HS512')],
    ['a key pair', () => tokenBy(ours)],
    ['an empty secret', () => secretToken({}, 'x')],
  ])('a shared secret refuses %s', async (_, forge) => {
    expect(await problem(evaluate({ token: await forge() }))).toMatchObject({ status: 401 })
  })

  it('the evaluation key names the secret', async () => {
    const other = 'another secret, of 32 characters or more'
    const at: Env = { ...signing(), USER_TOKEN_SECRET_SHOP: other }
    const key = await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET_SHOP' } }, at)
    expect((await evaluate({ key, at, token: await secretToken({}, other) })).status).toBe(200)
    expect((await evaluate({ key, at, token: await secretToken() })).status).toBe(401)
  })

  it('a secret can be replaced while the old one is still good', async () => {
    const next = 'the next secret, of 32 characters or more'
    const at: Env = { ...env, USER_TOKEN_SECRET: next, USER_TOKEN_SECRET_OLD: SECRET }
    for (const by of [SECRET, next])
      expect((await evaluate({ at, token: await secretToken({}, by) })).status).toBe(200)
    const expired = await secretToken({ exp: now() - 60 })
    expect((await problem(evaluate({ at, token: expired }))).errorDetails).toContain('expired')
    const stranger = await secretToken({}, 'c'.repeat(32))
    expect((await evaluate({ at, token: stranger })).status).toBe(401)
    const after: Env = { ...env, USER_TOKEN_SECRET: next }
    expect((await evaluate({ at: after, token: await secretToken() })).status).toBe(401)
  })

  it.each([undefined, '', 'too short'])('a secret of %j accepts no token', async (secret) => {
    const { USER_TOKEN_SECRET: _, ...bare } = signing()
    const at: Env = { ...bare, ...(secret !== undefined && { USER_TOKEN_SECRET: secret }) }
    const key = await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET' } })
    logged.length = 0
    const token = await secretToken({}, secret || SECRET)
    for (let i = 0; i < 5; i++)
      expect(await problem(evaluate({ key, at, token }))).toMatchObject({
        status: 503,
        errorCode: 'UNAVAILABLE',
      })
    expect(logged).toEqual([
      [
        {
          event: 'user_token.unverifiable',
          keyId: key.id,
          error: 'the Worker has no such secret, or one that is too short',
        },
      ],
    ])
  })
})

describe('A page with a user token', () => {
  beforeEach(() => (logged.length = 0))

  it('the log has no part of the token', async () => {
    const key = await clientKey({ userToken: { jwksUrl: provider.url } })
    provider.answer = () => new Response('down', { status: 502 })
    const token = await tokenBy(ours, { sub: 'marker-person', role: 'marker-role' })
    expect((await evaluate({ key, token })).status).toBe(503)
    await evaluate({ token: await secretToken({ sub: 'marker-person', role: ['marker-role'] }) })
    expect(JSON.stringify(logged)).toContain('key_set.unreadable')
    expect(JSON.stringify(logged)).not.toMatch(/marker|eyJ/)
  })
})
