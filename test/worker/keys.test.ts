import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { ApiKey } from '../../schema/key.ts'
import {
  ADMIN,
  CLIENT,
  EDITOR,
  json,
  makeKey,
  problem,
  recorded,
  revokeKey,
  seedKeys,
  send,
  sendWith,
  SERVER,
  VIEWER,
} from '../support/api.ts'

beforeAll(seedKeys)

const create = (body: object) => send('POST', '/api/keys', { as: ADMIN, body })
const evaluate = (headers: Record<string, string>, minVersion = 0) =>
  send('POST', `/v1/flags/evaluate?minVersion=${minVersion}`, { body: { context: {} }, headers })
const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` })

describe('a key that is made', () => {
  it('is told with its secret, this once', async () => {
    const answer = await create({ name: 'the app', kind: 'client', comment: 'for the app' })
    expect(answer.status).toBe(201)
    const body = await json<{ key: ApiKey; secret: string }>(answer)
    expect(body).toEqual({
      key: {
        id: expect.any(String),
        name: 'the app',
        kind: 'client',
        createdAt: expect.any(String),
        revokedAt: null,
        lastUsedAt: null,
        origins: [],
        trustsRole: false,
        userToken: null,
      },
      secret: expect.stringMatching(/^flags_client_[0-9a-f]{64}$/),
      snapshotVersion: expect.any(Number),
      published: true,
    })
    const { items } = await json<{ items: ApiKey[] }>(send('GET', '/api/keys', { as: ADMIN }))
    expect(items).toContainEqual(body.key)
    expect(JSON.stringify(items)).not.toContain(body.secret)
  })

  it.each(['client', 'server'])('evaluates at once, naming its version: %s', async (kind) => {
    await evaluate(bearer(CLIENT))
    const { secret, version } = await makeKey(`at once ${kind}`, kind)
    expect((await evaluate(bearer(secret), version)).status).toBe(200)
  })

  it('evaluates within a second, naming nothing, in an isolate that has not heard of it', async () => {
    const far = { ...env }
    const statusOf = async (as: string) =>
      (await sendWith(far, 'POST', '/v1/flags/evaluate', { as, body: { context: {} } })).status
    expect(await statusOf(CLIENT)).toBe(200)
    const { secret } = await makeKey('soon', 'client')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 })
    const status = await statusOf(secret)
    vi.useRealTimers()
    expect(status).toBe(200)
  })

  it.each(['viewer', 'editor', 'admin'])('administers at once when it is a %s', async (kind) => {
    const { secret } = await makeKey(`at once ${kind}`, kind)
    expect(await json(send('GET', '/api/me', { as: secret }))).toEqual({
      actor: `at once ${kind}`,
      role: kind,
    })
  })

  it('has a name of its own, for ever: the audit tells people apart by it', async () => {
    const { id } = await makeKey('one of a kind', 'viewer')
    const taken = { status: 409, errorCode: 'CONFLICT' }
    expect(await problem(create({ name: 'one of a kind', kind: 'viewer' }))).toMatchObject(taken)
    expect(await problem(create({ name: ' one of a kind ', kind: 'client' }))).toMatchObject(taken)
    await revokeKey(id)
    expect(await problem(create({ name: 'one of a kind', kind: 'viewer' }))).toMatchObject(taken)
  })

  it.each([
    ['no name', { kind: 'client' }, 'name'],
    ['a blank name', { name: '  ', kind: 'client' }, 'name'],
    ['a name of 101 characters', { name: 'x'.repeat(101), kind: 'client' }, 'name'],
    ['the name of whoever has the secret', { name: 'ADMIN_TOKEN', kind: 'admin' }, 'name'],
    ['that name as good as', { name: ' Ａdmin_Token ', kind: 'admin' }, 'name'],
    ['the name of the schedule', { name: 'schedule', kind: 'editor' }, 'name'],
    ['the name of the first start', { name: 'npm  start', kind: 'editor' }, 'name'],
    ['a name like a member’s', { name: 'bob@example.com', kind: 'viewer' }, 'name'],
    ['another @ in its name', { name: 'bob＠example.com', kind: 'viewer' }, 'name'],
    ['a line break in its name', { name: 'two\nlines', kind: 'viewer' }, 'name'],
    ['a line separator in its name', { name: 'two\u2028lines', kind: 'viewer' }, 'name'],
    ['a control character in its name', { name: 'bell\u0007', kind: 'viewer' }, 'name'],
    ['an invisible character in its name', { name: 'sche\u200bdule', kind: 'viewer' }, 'name'],
    ['letters that turn round in its name', { name: '\u202eelud', kind: 'viewer' }, 'name'],
    ['no kind', { name: 'kindless' }, 'kind'],
    ['a kind that does not exist', { name: 'unkind', kind: 'owner' }, 'kind'],
    ['a secret of the caller’s own', { name: 'mine', kind: 'admin', secret: 'abc' }, ''],
  ])('is refused with %s', async (_, body, path) => {
    const before = await recorded()
    expect(await problem(create(body))).toMatchObject({ status: 400, issues: [{ path }] })
    expect(await recorded()).toEqual(before)
  })
})

describe('an evaluation key', () => {
  it.each([CLIENT, SERVER])('is taken as a bearer token and as X-API-Key: %s', async (key) => {
    const ways = [bearer(key), { Authorization: `bearer  ${key}` }, { 'X-API-Key': key }]
    for (const headers of ways) expect((await evaluate(headers)).status).toBe(200)
  })

  it.each([
    ['none', {}],
    ['an unknown one', bearer('flags_client_nobody')],
    ['an empty X-API-Key', { 'X-API-Key': '' }],
    ['another scheme', { Authorization: `Basic ${btoa(`${CLIENT}:`)}` }],
    ['a bearer token of nothing', { Authorization: 'Bearer ' }],
    ['the stored hash of one', bearer('1'.repeat(64))],
    ['an unknown bearer beside a good X-API-Key', { ...bearer('x'), 'X-API-Key': CLIENT }],
    ['a viewer’s token', bearer(VIEWER)],
    ['an editor’s token', bearer(EDITOR)],
    ['an admin’s token', { 'X-API-Key': ADMIN }],
  ])('is needed to evaluate; refused: %s', async (_, headers) => {
    const refusal = await problem(evaluate(headers))
    expect(refusal).toMatchObject({ status: 401, errorCode: 'UNAUTHORIZED' })
    expect(refusal.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(refusal.errorDetails).toContain('evaluation key')
  })
})

describe('a key that is revoked', () => {
  it('is refused once a request names the version that revoked it, its own request included', async () => {
    const { id, secret, version } = await makeKey('leaked', 'client')
    expect((await evaluate(bearer(secret), version)).status).toBe(200)
    const revokedIn = await revokeKey(id)
    expect((await evaluate(bearer(secret), revokedIn)).status).toBe(401)
    expect((await evaluate(bearer(secret))).status).toBe(401)
  })

  it('is refused once any other request has brought that version', async () => {
    const { id, secret, version } = await makeKey('leaked too', 'server')
    expect((await evaluate(bearer(secret), version)).status).toBe(200)
    await evaluate(bearer(CLIENT), await revokeKey(id))
    expect((await evaluate(bearer(secret))).status).toBe(401)
  })

  it('administers no more from that moment', async () => {
    const { id, secret } = await makeKey('gone', 'admin')
    await revokeKey(id)
    expect((await send('GET', '/api/me', { as: secret })).status).toBe(401)
  })

  it('stays on the list, with the time of it', async () => {
    const { id } = await makeKey('listed', 'client')
    const { key } = await json<{ key: ApiKey }>(
      send('DELETE', `/api/keys/${id}`, { as: ADMIN, body: { comment: 'leaked' } }),
    )
    expect(key).toMatchObject({ id, revokedAt: expect.any(String) })
    const { items } = await json<{ items: ApiKey[] }>(
      send('GET', '/api/keys?limit=200', { as: ADMIN }),
    )
    expect(items).toContainEqual(key)
  })

  it('cannot be revoked again, nor can one that never was', async () => {
    const { id } = await makeKey('twice', 'client')
    await revokeKey(id)
    const before = await recorded()
    for (const which of [id, crypto.randomUUID(), '__proto__'])
      expect(await problem(send('DELETE', `/api/keys/${which}`, { as: ADMIN }))).toMatchObject({
        status: 404,
        errorCode: 'NOT_FOUND',
      })
    expect(await recorded()).toEqual(before)
  })

  it('is revoked once when many revoke it at the same time', async () => {
    const { id } = await makeKey('raced', 'client')
    const before = await recorded()
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => send('DELETE', `/api/keys/${id}`, { as: ADMIN })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(5)
    expect((await recorded())?.audits).toBe((before?.audits ?? 0) + 1)
  })
})

it('the list of keys comes in pages, each key once', async () => {
  const ids: string[] = []
  let query = '?limit=2'
  while (query !== '') {
    const page = await json<{ items: ApiKey[]; nextCursor: string | null }>(
      send('GET', `/api/keys${query}`, { as: ADMIN }),
    )
    ids.push(...page.items.map(({ id }) => id))
    query = page.nextCursor === null ? '' : `?limit=2&cursor=${encodeURIComponent(page.nextCursor)}`
  }
  const whole = await json<{ items: ApiKey[] }>(send('GET', '/api/keys?limit=200', { as: ADMIN }))
  expect(ids).toEqual(whole.items.map(({ id }) => id))
  const foreign = send('GET', '/api/keys?cursor=garbage', { as: ADMIN })
  expect(await problem(foreign)).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
})
