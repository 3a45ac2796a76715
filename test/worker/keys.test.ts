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

describe('POST /api/keys', () => {
  it('the answer shows the secret, and no later answer does', async () => {
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

  it.each(['client', 'server'])(
    'a new %s key evaluates at once when the request names its version',
    async (kind) => {
      await evaluate(bearer(CLIENT))
      const { secret, version } = await makeKey(`at once ${kind}`, kind)
      expect((await evaluate(bearer(secret), version)).status).toBe(200)
    },
  )

  it('a new key evaluates within a second in an isolate that has an older snapshot', async () => {
    const far = { ...env }
    const readStatus = async (as: string) =>
      (await sendWith(far, 'POST', '/v1/flags/evaluate', { as, body: { context: {} } })).status
    expect(await readStatus(CLIENT)).toBe(200)
    const { secret } = await makeKey('soon', 'client')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_000 })
    const status = await readStatus(secret)
    vi.useRealTimers()
    expect(status).toBe(200)
  })

  it.each(['viewer', 'editor', 'admin'])('a new %s token administers at once', async (kind) => {
    const { secret } = await makeKey(`at once ${kind}`, kind)
    expect(await json(send('GET', '/api/me', { as: secret }))).toEqual({
      actor: `at once ${kind}`,
      role: kind,
    })
  })

  it('a name is never used again, since the audit names actors by it', async () => {
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
    ['the name ADMIN_TOKEN', { name: 'ADMIN_TOKEN', kind: 'admin' }, 'name'],
    ['a name that normalizes to ADMIN_TOKEN', { name: ' Ａdmin_Token ', kind: 'admin' }, 'name'],
    ['the name schedule', { name: 'schedule', kind: 'editor' }, 'name'],
    ['the name npm start', { name: 'npm  start', kind: 'editor' }, 'name'],
    ['an email address for a name', { name: 'bob@example.com', kind: 'viewer' }, 'name'],
    ['a full-width @ in its name', { name: 'bob＠example.com', kind: 'viewer' }, 'name'],
    ['a line break in its name', { name: 'two\nlines', kind: 'viewer' }, 'name'],
    ['a line separator in its name', { name: 'two\u2028lines', kind: 'viewer' }, 'name'],
    ['a control character in its name', { name: 'bell\u0007', kind: 'viewer' }, 'name'],
    ['an invisible character in its name', { name: 'sche\u200bdule', kind: 'viewer' }, 'name'],
    ['a right-to-left override in its name', { name: '\u202eelud', kind: 'viewer' }, 'name'],
    ['no kind', { name: 'kindless' }, 'kind'],
    ['a kind that does not exist', { name: 'unkind', kind: 'owner' }, 'kind'],
    ['a secret from the caller', { name: 'mine', kind: 'admin', secret: 'abc' }, ''],
  ])('a key with %s answers 400', async (_, body, path) => {
    const before = await recorded()
    expect(await problem(create(body))).toMatchObject({ status: 400, issues: [{ path }] })
    expect(await recorded()).toEqual(before)
  })
})

describe('Evaluation keys', () => {
  it.each([CLIENT, SERVER])('a key works as a bearer token and as X-API-Key: %s', async (key) => {
    const ways = [bearer(key), { Authorization: `bearer  ${key}` }, { 'X-API-Key': key }]
    for (const headers of ways) expect((await evaluate(headers)).status).toBe(200)
  })

  it.each([
    ['no key', {}],
    ['an unknown key', bearer('flags_client_nobody')],
    ['an empty X-API-Key', { 'X-API-Key': '' }],
    ['another scheme', { Authorization: `Basic ${btoa(`${CLIENT}:`)}` }],
    ['a bearer token of nothing', { Authorization: 'Bearer ' }],
    ['the stored hash of a key', bearer('1'.repeat(64))],
    ['an unknown bearer beside a good X-API-Key', { ...bearer('x'), 'X-API-Key': CLIENT }],
    ['a viewer’s token', bearer(VIEWER)],
    ['an editor’s token', bearer(EDITOR)],
    ['an admin’s token', { 'X-API-Key': ADMIN }],
  ])('an evaluation with %s answers 401', async (_, headers) => {
    const refusal = await problem(evaluate(headers))
    expect(refusal).toMatchObject({ status: 401, errorCode: 'UNAUTHORIZED' })
    expect(refusal.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(refusal.errorDetails).toContain('evaluation key')
  })
})

describe('A revoked key', () => {
  it('the key is refused by a request that names the version of its revocation', async () => {
    const { id, secret, version } = await makeKey('leaked', 'client')
    expect((await evaluate(bearer(secret), version)).status).toBe(200)
    const revocationAnswer = await revokeKey(id)
    expect((await evaluate(bearer(secret), revocationAnswer)).status).toBe(401)
    expect((await evaluate(bearer(secret))).status).toBe(401)
  })

  it('the key is refused once any request has brought that version', async () => {
    const { id, secret, version } = await makeKey('leaked too', 'server')
    expect((await evaluate(bearer(secret), version)).status).toBe(200)
    await evaluate(bearer(CLIENT), await revokeKey(id))
    expect((await evaluate(bearer(secret))).status).toBe(401)
  })

  it('a token loses its rights at once', async () => {
    const { id, secret } = await makeKey('gone', 'admin')
    await revokeKey(id)
    expect((await send('GET', '/api/me', { as: secret })).status).toBe(401)
  })

  it('the list keeps the key with the time of its revocation', async () => {
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

  it('a revoked or unknown key cannot be revoked', async () => {
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

  it('concurrent revocations revoke the key once', async () => {
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

it('GET /api/keys: the list comes in pages, with each key once', async () => {
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
