import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { ADMIN, CLIENT, json, seedKeys, send, sendWith, VIEWER } from '../support/api.ts'

const ORIGIN = 'https://flags.test'

beforeAll(seedKeys)

const signIn = async (token = ADMIN, headers: Record<string, string> = { Origin: ORIGIN }) => {
  const answer = await send('POST', '/api/session', { body: { token }, headers })
  const cookie = answer.headers.get('Set-Cookie') ?? ''
  return { answer, cookie, sent: { Cookie: cookie.split(';')[0] ?? '' } }
}

it('POST /api/session: a token becomes a cookie that scripts cannot read and other sites cannot send', async () => {
  const { answer, cookie, sent } = await signIn()
  expect(answer.status).toBe(201)
  expect(await json(answer)).toEqual({ actor: 'local admin', role: 'admin' })
  expect(cookie).toMatch(
    /^__Host-flags_session=[0-9a-f]{64}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  )
  expect(await json(send('GET', '/api/me', { headers: sent }))).toMatchObject({ role: 'admin' })
})

it('GET /api/me and POST /api/session name the environment of the deployment', async () => {
  const named = { ...env, ENVIRONMENT_NAME: 'staging', ENVIRONMENT_TONE: 'amber' }
  const environment = { name: 'staging', tone: 'amber', others: [] }
  const me = sendWith(named, 'GET', '/api/me', { as: VIEWER })
  expect(await json(me)).toEqual({ actor: 'local viewer', role: 'viewer', environment })
  const headers = { Origin: ORIGIN }
  const session = sendWith(named, 'POST', '/api/session', { body: { token: VIEWER }, headers })
  expect(await json(session)).toMatchObject({ environment })
})

it('POST /api/session: the database holds no session that could be replayed', async () => {
  const { sent } = await signIn()
  const id = sent.Cookie.split('=')[1]
  const { results } = await env.DB.prepare('SELECT * FROM session').all()
  expect(results.length).toBeGreaterThan(0)
  expect(JSON.stringify(results)).not.toContain(id)
})

it.each([
  ['unknown', 'flags_admin_nobody', 401],
  ['an evaluation key', CLIENT, 403],
  ['empty', '', 400],
])('POST /api/session: a token that is %s opens no session', async (_, token, status) => {
  const { answer } = await signIn(token)
  expect(answer.status).toBe(status)
  expect(answer.headers.get('Set-Cookie')).toBeNull()
})

it('Session: its role is that of its token', async () => {
  const { sent } = await signIn(VIEWER)
  const headers = { ...sent, Origin: ORIGIN }
  expect((await send('GET', '/api/flags', { headers })).status).toBe(200)
  expect((await send('PUT', '/api/flags/viewer.a', { headers, body: {} })).status).toBe(403)
})

it.each([
  ['of another origin', { Origin: 'https://evil.test' }],
  ['of a subdomain', { Origin: 'https://x.flags.test' }],
  ['of a sandboxed page', { Origin: 'null' }],
  ['without an origin', {}],
])('Session: a write %s is refused, and so is a sign-in', async (_, origin) => {
  const { sent } = await signIn()
  const headers = { ...sent, ...(origin as Record<string, string>) }
  expect((await send('PUT', '/api/flags/csrf.a', { headers, body: {} })).status).toBe(403)
  expect((await send('DELETE', '/api/session', { headers })).status).toBe(403)
  expect((await signIn(ADMIN, origin as Record<string, string>)).answer.status).toBe(403)
  expect((await send('GET', '/api/flags/csrf.a', { as: ADMIN })).status).toBe(404)
})

it('Bearer token: a write needs no origin, since no browser sends the token by itself', async () => {
  expect((await send('PUT', '/api/flags/bearer.a', { as: ADMIN, body: {} })).status).toBe(201)
})

it('DELETE /api/session: signing out ends the session, and may be repeated', async () => {
  const { sent } = await signIn()
  const headers = { ...sent, Origin: ORIGIN }
  const out = await send('DELETE', '/api/session', { headers })
  expect(out.status).toBe(204)
  expect(out.headers.get('Set-Cookie')).toContain('Max-Age=0')
  expect((await send('GET', '/api/me', { headers: sent })).status).toBe(401)
  expect((await send('DELETE', '/api/session', { headers })).status).toBe(204)
})

it('Session: revoking its token ends it at once', async () => {
  const made = await json<{ secret: string; key: { id: string } }>(
    send('POST', '/api/keys', { as: ADMIN, body: { name: 'short-lived', kind: 'admin' } }),
  )
  const { sent } = await signIn(made.secret)
  expect((await send('GET', '/api/me', { headers: sent })).status).toBe(200)
  await send('DELETE', `/api/keys/${made.key.id}`, { as: ADMIN, body: {} })
  expect((await send('GET', '/api/me', { headers: sent })).status).toBe(401)
})

it('Session: an expired one is refused, and the next sign-in deletes it', async () => {
  const { sent } = await signIn()
  await env.DB.prepare('UPDATE session SET expires_at = 1').run()
  expect((await send('GET', '/api/me', { headers: sent })).status).toBe(401)
  await signIn()
  const row = await env.DB.prepare('SELECT count(*) AS count FROM session').first('count')
  expect(row).toBe(1)
})

it('Session: it opens the stream of versions', async () => {
  const { sent } = await signIn()
  const stream = await send('GET', '/api/stream', { headers: sent })
  expect(stream.headers.get('Content-Type')).toBe('text/event-stream')
  const first = await stream.body?.getReader().read()
  expect(new TextDecoder().decode(first?.value)).toMatch(/^id: \d+\n/)
  expect((await send('GET', '/api/stream')).status).toBe(401)
})
