import { env } from 'cloudflare:workers'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWK } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Me } from '../../schema/session.ts'
import type { Env } from '../../worker/env.ts'
import {
  ADMIN,
  readAudit,
  json,
  problem,
  recorded,
  seedKeys,
  send,
  sendWith,
  VIEWER,
  watchConsole,
} from '../support/api.ts'
import { rows } from '../support/experiments.ts'

const logged = watchConsole()

const AUD = 'a'.repeat(64)
const ORIGIN = 'https://flags.test'

/** Each test asks a team of its own: the isolate remembers a team's keys. */
const team = { number: 0, domain: '' }
const guarded = (): Env => ({ ...env, ACCESS_TEAM_DOMAIN: team.domain, ACCESS_AUD: AUD })

const createKeyPair = async (kid: string, alg = 'RS256') => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { kid, alg, publicKey, privateKey, jwk }
}
type Pair = Awaited<ReturnType<typeof createKeyPair>>

/** The answer of the team's address to a request for its keys. */
const published = { keys: [] as JWK[], answer: undefined as (() => Response) | undefined, asked: 0 }

let ours: Pair
let next: Pair
let foreign: Pair

const setMember = (email: string, role: string) =>
  send('PUT', `/api/members/${encodeURIComponent(email)}`, { as: ADMIN, body: { role } })

beforeAll(async () => {
  await seedKeys()
  for (const role of ['viewer', 'editor', 'admin']) await setMember(`${role}@example.test`, role)
  ours = await createKeyPair('first')
  next = await createKeyPair('second')
  foreign = await createKeyPair('first')
})

const realFetch = globalThis.fetch
beforeEach(() => {
  team.number++
  team.domain = `https://team-${team.number}.cloudflareaccess.test`
  Object.assign(published, { keys: [ours.jwk], answer: undefined, asked: 0 })
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    if (new Request(input).url !== `${team.domain}/cdn-cgi/access/certs`)
      return realFetch(input, init)
    published.asked++
    return published.answer?.() ?? Response.json({ keys: published.keys })
  })
})
afterEach(() => vi.mocked(globalThis.fetch).mockRestore())

const now = () => Math.floor(Date.now() / 1000)

type Claims = Record<string, unknown>

const signAssertion = (claims: Claims = {}, by: Pair = ours, header: object = {}) =>
  new SignJWT({
    iss: team.domain,
    aud: [AUD],
    email: 'editor@example.test',
    iat: now(),
    nbf: now(),
    exp: now() + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: by.alg, kid: by.kid, ...header })
    .sign(by.privateKey)

type Sent = { method?: string; path?: string; headers?: Record<string, string>; body?: unknown }

const ask = (
  assertion: string,
  { method = 'GET', path = '/api/me', headers = {}, body }: Sent = {},
  bindings = guarded(),
) =>
  sendWith(bindings, method, path, {
    headers: { 'Cf-Access-Jwt-Assertion': assertion, ...headers },
    ...(body !== undefined && { body }),
  })

describe('Access sign-in', () => {
  it.each(['viewer', 'editor', 'admin'])(
    'a member has the role of the member row: %s',
    async (role) => {
      const email = `${role}@example.test`
      const me = await json<Me>(ask(await signAssertion({ email })))
      expect(me).toEqual({ actor: email, role })
    },
  )

  it('an email address in capitals is the same member', async () => {
    const me = await json<Me>(ask(await signAssertion({ email: 'Editor@EXAMPLE.test' })))
    expect(me).toEqual({ actor: 'editor@example.test', role: 'editor' })
  })

  it('a person without a member row gets 403', async () => {
    const assertion = await signAssertion({ email: 'stranger@example.test' })
    expect(await problem(ask(assertion))).toMatchObject({ status: 403, errorCode: 'FORBIDDEN' })
  })

  it('a member loses a role as soon as it is removed', async () => {
    await setMember('leaver@example.test', 'admin')
    const assertion = await signAssertion({ email: 'leaver@example.test' })
    expect((await ask(assertion)).status).toBe(200)
    await setMember('leaver@example.test', 'viewer')
    expect((await json<Me>(ask(assertion))).role).toBe('viewer')
    await send('DELETE', '/api/members/leaver@example.test', { as: ADMIN })
    expect((await ask(assertion)).status).toBe(403)
  })

  it('the audit names the verified email address', async () => {
    const headers = { Origin: ORIGIN }
    const sent = { method: 'PUT', path: '/api/flags/by.access', headers, body: { rollout: 3 } }
    expect((await ask(await signAssertion(), sent)).status).toBe(201)
    expect(await readAudit('flag:by.access')).toMatchObject([{ actor: 'editor@example.test' }])
  })

  it.each([undefined, 'null', 'https://evil.test', 'https://x.flags.test'])(
    'a write needs our own origin, since the browser sends the Access cookie along (%s)',
    async (origin) => {
      const before = await recorded()
      const headers = { ...(origin !== undefined && { Origin: origin }) }
      const sent = { method: 'PUT', path: '/api/flags/csrf.access', headers, body: {} }
      expect((await ask(await signAssertion(), sent)).status).toBe(403)
      expect(await recorded()).toEqual(before)
    },
  )

  it('a token or a session wins over the assertion, and its role counts', async () => {
    const assertion = await signAssertion()
    const token = { Authorization: `Bearer ${VIEWER}` }
    expect(await json(ask(assertion, { headers: token }))).toMatchObject({ role: 'viewer' })
    const signIn = { body: { token: ADMIN }, headers: { Origin: ORIGIN } }
    const session = await send('POST', '/api/session', signIn)
    const cookie = session.headers.get('Set-Cookie')?.split(';')[0] ?? ''
    expect(await json(ask(assertion, { headers: { Cookie: cookie } }))).toMatchObject({
      actor: 'local admin',
    })
    const ended = { Cookie: `__Host-flags_session=${'0'.repeat(64)}` }
    expect(await json(ask(assertion, { headers: ended }))).toMatchObject({ role: 'editor' })
    expect((await ask('garbage', { headers: ended })).status).toBe(401)
  })
})

const encoded = (part: object) => btoa(JSON.stringify(part)).replaceAll('=', '')
const unsigned = async () =>
  `${encoded({ alg: 'none', kid: 'first' })}.${(await signAssertion()).split('.')[1] ?? ''}.`
const signedWithPublicKey = async () => {
  const secret = new TextEncoder().encode(await exportSPKI(ours.publicKey))
  return new SignJWT({ email: 'admin@example.test' })
    .setProtectedHeader({ alg: 'HS256', kid: 'first' })
    .setIssuer(team.domain)
    .setAudience(AUD)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(secret)
}
const promoted = async () => {
  const [header, , signature] = (await signAssertion()).split('.')
  const claims = { iss: team.domain, aud: AUD, email: 'admin@example.test', exp: now() + 600 }
  return [header, encoded({ ...claims, iat: now() }), signature].join('.')
}
const ofAnotherKind = async () => {
  const curve = await createKeyPair('curve', 'ES256')
  published.keys = [ours.jwk, curve.jwk]
  return signAssertion({}, curve)
}

const forgeries: [string, () => Promise<string>][] = [
  ['of another team', () => signAssertion({ iss: 'https://evil.cloudflareaccess.test' })],
  ['for another application', () => signAssertion({ aud: ['b'.repeat(64)] })],
  ['for no application', () => signAssertion({ aud: undefined })],
  ['that has expired', () => signAssertion({ exp: now() - 1 })],
  ['that never expires', () => signAssertion({ exp: undefined })],
  ['that is not valid yet', () => signAssertion({ nbf: now() + 60 })],
  ['of nobody', () => signAssertion({ email: undefined })],
  ['of something that is no address', () => signAssertion({ email: { toString: 'admin' } })],
  ['of a service', () => signAssertion({ email: '', common_name: 'robot' })],
  ['signed with a key of that name which is not theirs', () => signAssertion({}, foreign)],
  ['signed with a key that they do not publish', () => signAssertion({}, next)],
  ['signed by nobody', unsigned],
  ['signed with the public key as a secret', signedWithPublicKey],
  ['signed with another algorithm, though the key is published', ofAnotherKind],
  ['whose claims were changed', promoted],
  ['that brings its own key', () => signAssertion({}, foreign, { jwk: foreign.jwk })],
  ['that is garbage', async () => 'a.b.c'],
  ['that is empty', async () => ''],
]

describe('Access', () => {
  it.each(forgeries)('an assertion %s gets 401', async (_, forge) => {
    const refusal = await problem(ask(await forge()))
    expect(refusal).toMatchObject({ status: 401, errorCode: 'UNAUTHORIZED' })
  })

  it.each([
    ['nothing', {}],
    ['no audience', { ACCESS_TEAM_DOMAIN: 'team' }],
    ['an empty audience', { ACCESS_TEAM_DOMAIN: 'team', ACCESS_AUD: '' }],
    ['no team', { ACCESS_AUD: AUD }],
  ])('an assertion gets 401 when the configuration has %s', async (_, vars) => {
    const bindings: Env = { ...env }
    if ('ACCESS_TEAM_DOMAIN' in vars)
      Object.assign(bindings, vars, { ACCESS_TEAM_DOMAIN: team.domain })
    else Object.assign(bindings, vars)
    expect((await ask(await signAssertion(), {}, bindings)).status).toBe(401)
    expect(published.asked).toBe(0)
  })

  it('an assertion opens no evaluation route', async () => {
    const sent = { method: 'POST', path: '/v1/flags/evaluate', body: { context: {} } }
    expect((await ask(await signAssertion(), sent)).status).toBe(401)
  })
})

describe('Access keys', () => {
  it('five requests fetch the keys once', async () => {
    const assertion = await signAssertion()
    for (let i = 0; i < 5; i++) expect((await ask(assertion)).status).toBe(200)
    expect(published.asked).toBe(1)
  })

  it('the keys are fetched again when an assertion names a new key, as after a rotation', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    expect((await ask(await signAssertion())).status).toBe(200)
    published.keys = [ours.jwk, next.jwk]
    vi.setSystemTime(Date.now() + 31_000)
    expect((await ask(await signAssertion({}, next))).status).toBe(200)
    expect(published.asked).toBe(2)
    vi.useRealTimers()
  })

  it('five forged assertions fetch the keys once', async () => {
    for (let i = 0; i < 5; i++) await ask(await signAssertion({}, next))
    expect(published.asked).toBe(1)
  })

  it.each([
    ['fail', () => new Response('down', { status: 502 })],
    ['are no JSON', () => new Response('<html>')],
    ['are no keys', () => Response.json({ success: false })],
  ])('a request gets 503 when the keys %s, and a token still signs in', async (_, answer) => {
    published.answer = answer
    expect(await problem(ask(await signAssertion()))).toMatchObject({ status: 503 })
    const me = sendWith(guarded(), 'GET', '/api/me', { as: ADMIN })
    expect((await me).status).toBe(200)
    expect(JSON.stringify(logged)).toContain('access.keys_unreadable')
  })
})

describe('Members', () => {
  it('each change of a member writes one audit entry, and a repetition writes none', async () => {
    const email = 'new@example.test'
    await setMember('NEW@example.test', 'viewer')
    const before = await recorded()
    await setMember(email, 'viewer')
    expect(await recorded()).toEqual(before)
    await setMember(email, 'admin')
    await send('DELETE', `/api/members/${email}`, { as: ADMIN, body: { comment: 'left' } })
    expect(await readAudit(`member:${email}`)).toMatchObject([
      { action: 'member.delete', before: { role: 'admin' }, after: null, comment: 'left' },
      { action: 'member.update', before: { role: 'viewer' }, after: { role: 'admin' } },
      { action: 'member.create', before: null, after: { email, role: 'viewer' } },
    ])
    expect((await send('DELETE', `/api/members/${email}`, { as: ADMIN })).status).toBe(404)
  })

  it.each(['client', 'owner', '', null])('a member cannot have the role %j', async (role) => {
    const sent = { as: ADMIN, body: { role } }
    expect((await send('PUT', '/api/members/x@example.test', sent)).status).toBe(400)
  })

  it('the list of members comes in pages and ends at 1,000 members', async () => {
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       INSERT INTO member SELECT 'z' || i || '@example.test', 'viewer', 0, 0 FROM n
       WHERE i <= 1000 - (SELECT count(*) FROM member)`,
    ).run()
    expect(await problem(setMember('one@more.test', 'viewer'))).toMatchObject({ status: 409 })
    expect(await rows('SELECT count(*) AS n FROM member')).toEqual([{ n: 1_000 }])
    const seen = new Set<string>()
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: { items: { email: string }[]; nextCursor: string | null } = await json(
        send('GET', `/api/members?limit=200${query}`, { as: ADMIN }),
      )
      for (const { email } of page.items) seen.add(email)
      cursor = page.nextCursor
    }
    expect(seen.size).toBe(1_000)
  })
})
