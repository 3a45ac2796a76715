import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { NEW_CLIENT, type ApiKey } from '../../schema/key.ts'
import {
  ADMIN,
  readAudit,
  CLIENT,
  json,
  makeKey,
  problem,
  putFlag,
  recorded,
  revokeKey,
  seedKeys,
  send,
  sendWith,
  SERVER,
  watchConsole,
} from '../support/api.ts'
import { isolate, runExperiment } from '../support/experiments.ts'
import { clientKey, signing } from '../support/user-tokens.ts'

const logged = watchConsole()

beforeAll(async () => {
  await seedKeys()
  await putFlag('for.staff', { rules: { roles: ['STAFF'] } })
  await putFlag('for.all')
  await runExperiment('running')
})

const toKey = async (id: string) => {
  const { items } = await json<{ items: ApiKey[] }>(
    send('GET', '/api/keys?limit=200', { as: ADMIN }),
  )
  return items.find((key) => key.id === id)
}

const patch = (id: string, body: object, at = signing()) =>
  sendWith(at, 'PATCH', `/api/keys/${id}`, { as: ADMIN, body })

const SOME = {
  origins: ['https://app.example', 'http://localhost:5173'],
  trustsRole: true,
  userToken: {
    jwksUrl: 'https://id.app.example/.well-known/jwks.json?v=1',
    issuer: 'https://id.app.example/',
    audience: 'flags',
  },
}

describe('The settings of a client key', () => {
  it('a new key has the given settings and trusts nothing else', async () => {
    const { id } = await clientKey(SOME)
    expect(await toKey(id)).toMatchObject(SOME)
    expect(await toKey((await clientKey({})).id)).toMatchObject(NEW_CLIENT)
  })

  it('each change of a setting writes one audit entry', async () => {
    const { id } = await clientKey({})
    await patch(id, { origins: SOME.origins, comment: 'only our pages' })
    await patch(id, { userToken: SOME.userToken })
    await patch(id, { trustsRole: true })
    expect(await toKey(id)).toMatchObject(SOME)
    await patch(id, { userToken: null, origins: [] })
    expect(await toKey(id)).toMatchObject({ ...NEW_CLIENT, trustsRole: true })
    expect(await readAudit(`key:${id}`)).toMatchObject([
      { action: 'key.update', before: SOME, after: { ...NEW_CLIENT, trustsRole: true } },
      { action: 'key.update', before: { trustsRole: false }, after: SOME },
      { action: 'key.update', before: { userToken: null }, after: { userToken: SOME.userToken } },
      { action: 'key.update', after: { origins: SOME.origins }, comment: 'only our pages' },
      { action: 'key.create', after: NEW_CLIENT },
    ])
  })

  it('a change applies at once to requests that name its version, and elsewhere once published', async () => {
    const { id, secret, version } = await clientKey({})
    const evaluate = async (minVersion: number) => {
      const body = { context: { role: 'STAFF' } }
      const path = `/v1/flags/evaluate?minVersion=${minVersion}`
      const { flags } = await json<{ flags: Record<string, boolean> }>(
        send('POST', path, { as: secret, body }),
      )
      return flags['for.staff']
    }
    expect(await evaluate(version)).toBe(false)
    const { snapshotVersion, published } = await json<{
      snapshotVersion: number
      published: boolean
    }>(patch(id, { trustsRole: true }))
    expect(published).toBe(true)
    expect(await evaluate(snapshotVersion)).toBe(true)
  })

  it('equal settings make no change', async () => {
    const { id } = await clientKey(SOME)
    const before = await recorded()
    for (const body of [{}, SOME, { trustsRole: true, comment: 'again' }])
      expect(await json(patch(id, body))).toMatchObject({
        key: SOME,
        snapshotVersion: before?.snapshotVersion,
        published: true,
      })
    expect(await recorded()).toEqual(before)
  })

  it('each of several concurrent changes is applied and audited, or answers 409', async () => {
    const { id } = await clientKey({})
    const before = await recorded()
    const changes = ['a', 'b', 'c'].map((name) => ({ origins: [`https://${name}.example`] }))
    const answers = await Promise.all(changes.map((change) => patch(id, change)))
    const done = answers.filter(({ status }) => status === 200)
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...done.map(() => 200),
      ...answers.slice(done.length).map(() => 409),
    ])
    expect(done.length).toBeGreaterThan(0)
    expect((await recorded())?.audits).toBe((before?.audits ?? 0) + done.length)
  })
})

describe('Keys without settings', () => {
  it.each(['server', 'viewer', 'editor', 'admin'])(
    'a key of kind %s has no settings',
    async (kind) => {
      const before = await recorded()
      for (const [path, value] of Object.entries(SOME)) {
        const body = { name: `a ${kind} with ${path}`, kind, [path]: value }
        expect(await problem(send('POST', '/api/keys', { as: ADMIN, body }))).toMatchObject({
          status: 400,
          issues: [{ path, message: 'only a client key has this setting' }],
        })
      }
      expect(await recorded()).toEqual(before)
      const { id } = await makeKey(`a ${kind}`, kind)
      expect(await problem(patch(id, { trustsRole: true }))).toMatchObject({ status: 409 })
      expect(Object.keys((await toKey(id)) ?? {})).toEqual([
        'id',
        'name',
        'kind',
        'createdAt',
        'revokedAt',
        'lastUsedAt',
      ])
    },
  )

  it('a revoked or unknown key cannot be changed', async () => {
    const { id } = await clientKey({})
    await revokeKey(id)
    const before = await recorded()
    for (const which of [id, crypto.randomUUID(), '__proto__'])
      expect(await problem(patch(which, { trustsRole: true }))).toMatchObject({ status: 404 })
    expect(await recorded()).toEqual(before)
  })
})

const jwks = (jwksUrl: string) => ({ userToken: { jwksUrl } })
const refused: [string, object, string][] = [
  ['an origin with a path', { origins: ['https://app.example/'] }, 'origins.0'],
  ['an origin without a scheme', { origins: ['app.example'] }, 'origins.0'],
  ['an origin in capitals', { origins: ['https://App.example'] }, 'origins.0'],
  ['an origin with its usual port', { origins: ['https://app.example:443'] }, 'origins.0'],
  [
    'a wildcard under a public suffix',
    { origins: ['https://a.example', 'https://*.com'] },
    'origins.1',
  ],
  ['a wildcard over http', { origins: ['http://*.app.example'] }, 'origins.0'],
  ['two wildcards', { origins: ['https://*.*.app.example'] }, 'origins.0'],
  ['any origin', { origins: ['*'] }, 'origins.0'],
  ['the null origin', { origins: ['null'] }, 'origins.0'],
  ['an origin of another scheme', { origins: ['file://app.example'] }, 'origins.0'],
  ['a long origin', { origins: [`https://${'x'.repeat(128)}`] }, 'origins.0'],
  ['21 origins', { origins: Array(21).fill('https://app.example') }, 'origins'],
  ['no list of origins', { origins: null }, 'origins'],
  ['a trustsRole that is not a boolean', { trustsRole: 'yes' }, 'trustsRole'],
  ['a userToken without keys', { userToken: {} }, 'userToken'],
  [
    'two kinds of keys',
    { userToken: { ...SOME.userToken, secretName: 'USER_TOKEN_SECRET' } },
    'userToken',
  ],
  ['keys over http', jwks('http://id.example/keys'), 'userToken.jwksUrl'],
  ['keys in a file', jwks('file:///etc/keys'), 'userToken.jwksUrl'],
  ['keys on localhost', jwks('https://localhost/keys'), 'userToken.jwksUrl'],
  ['keys under a local name', jwks('https://keys/keys'), 'userToken.jwksUrl'],
  ['keys at an IPv4 address', jwks('https://10.0.0.1/keys'), 'userToken.jwksUrl'],
  ['keys at a hexadecimal IPv4 address', jwks('https://0x7f.1/keys'), 'userToken.jwksUrl'],
  ['keys at an IPv6 address', jwks('https://[::1]/keys'), 'userToken.jwksUrl'],
  ['keys under an internal name', jwks('https://keys.internal/keys'), 'userToken.jwksUrl'],
  ['keys with a password', jwks('https://me:pass@id.example/keys'), 'userToken.jwksUrl'],
  [
    'keys of a host that is written like another',
    jwks('https://id.example\\@10.0.0.1/'),
    'userToken.jwksUrl',
  ],
  ['keys with a fragment', jwks('https://id.example/keys#a'), 'userToken.jwksUrl'],
  ['a long address', jwks(`https://id.example/${'x'.repeat(512)}`), 'userToken.jwksUrl'],
  [
    'the name of another secret',
    { userToken: { secretName: 'ADMIN_TOKEN' } },
    'userToken.secretName',
  ],
  [
    'a secret in place of its name',
    { userToken: { secretName: 'x'.repeat(40) } },
    'userToken.secretName',
  ],
  ['an empty issuer', { userToken: { ...SOME.userToken, issuer: '' } }, 'userToken.issuer'],
  ['an algorithm', { userToken: { ...SOME.userToken, alg: 'none' } }, 'userToken'],
]

describe('Invalid settings answer 400 and change nothing', () => {
  it.each(refused)('the settings have %s', async (_, settings, path) => {
    const { id } = await clientKey({})
    const before = await recorded()
    const body = { name: 'refused', kind: 'client', ...settings }
    for (const answer of [send('POST', '/api/keys', { as: ADMIN, body }), patch(id, settings)])
      expect(await problem(answer)).toMatchObject({ status: 400, issues: [{ path }] })
    expect(await recorded()).toEqual(before)
  })

  it('the settings name a secret that the Worker does not have', async () => {
    const { id } = await clientKey({})
    const before = await recorded()
    const userToken = { secretName: 'USER_TOKEN_SECRET_SHOP' }
    const body = { name: 'without secret', kind: 'client', userToken }
    const short = { ...signing(), USER_TOKEN_SECRET_SHOP: 'too short' }
    for (const answer of [
      send('POST', '/api/keys', { as: ADMIN, body }),
      patch(id, { userToken }),
      patch(id, { userToken }, short),
    ])
      expect(await problem(answer)).toMatchObject({
        status: 409,
        errorDetails: expect.stringContaining('npx wrangler secret put USER_TOKEN_SECRET_SHOP'),
      })
    expect(await recorded()).toEqual(before)
  })
})

type Flags = Record<string, boolean>
const ofrep = '/ofrep/v1/evaluate/flags'

/** The flag for staff, as each route answers it. */
const reads: [string, (as: string, context: object) => Promise<boolean | undefined>][] = [
  [
    '/v1/flags/evaluate',
    async (as, context) =>
      (await json<{ flags: Flags }>(post('/v1/flags/evaluate', as, { context }))).flags[
        'for.staff'
      ],
  ],
  [
    '/v1/flags/evaluate, by name',
    async (as, context) => {
      const body = { context, keys: ['for.staff'] }
      return (await json<{ flags: Flags }>(post('/v1/flags/evaluate', as, body))).flags['for.staff']
    },
  ],
  [
    '/v1/bundle',
    async (as, context) =>
      (await json<{ flags: Flags }>(post('/v1/bundle', as, { context }))).flags['for.staff'],
  ],
  [
    `${ofrep}/for.staff`,
    async (as, context) =>
      (await json<{ value: boolean }>(post(`${ofrep}/for.staff`, as, { context }))).value,
  ],
  [
    ofrep,
    async (as, context) => {
      const { flags } = await json<{ flags: { key: string; value: boolean }[] }>(
        post(ofrep, as, { context }),
      )
      return flags.find(({ key }) => key === 'for.staff')?.value
    },
  ],
]
const post = (path: string, as: string, body: object, headers = {}) =>
  send('POST', path, { as, body, headers })

/** Makes a key, and waits until this isolate knows it. */
const known = async (settings: object) => {
  const { secret, version } = await clientKey(settings)
  await post(`/v1/flags/evaluate?minVersion=${version}`, secret, { context: {} })
  return secret
}

describe.each(reads)('A role in a context at %s', (_, isOn) => {
  const context = { userId: 'u-1', role: 'STAFF' }

  it('the role counts as missing from a client key', async () => {
    expect(await isOn(await known({}), context)).toBe(false)
  })

  it('the role counts from a key that trusts roles, and from a server key', async () => {
    for (const as of [await known({ trustsRole: true }), SERVER]) {
      expect(await isOn(as, context)).toBe(true)
      expect(await isOn(as, { userId: 'u-1', role: 'GUEST' })).toBe(false)
    }
  })

  it('the role counts from a key made before keys had settings', async () => {
    const { id, secret } = await clientKey({})
    await env.DB.prepare('UPDATE api_key SET settings = NULL WHERE id = ?').bind(id).run()
    const { snapshotVersion } = await putFlag('for.all', { description: id })
    await post(`/v1/flags/evaluate?minVersion=${snapshotVersion}`, secret, { context: {} })
    expect(await isOn(secret, context)).toBe(true)
    expect(await toKey(id)).toMatchObject({ ...NEW_CLIENT, trustsRole: true })
  })
})

it('A context from a client key: its other attributes count', async () => {
  await putFlag('for.mumbai', { rules: { cities: ['Mumbai'], categories: ['music'] } })
  const context = { role: 'STAFF', city: 'Mumbai', categories: ['music'] }
  const { flags } = await json<{ flags: Flags }>(
    post('/v1/flags/evaluate', await known({}), { context }),
  )
  expect(flags).toMatchObject({ 'for.mumbai': true, 'for.staff': false })
})

const exposures = [{ id: 'x', experimentKey: 'running', userId: 'u-1', variant: 'A' }]
const context = { userId: 'u-1' }
const routes: [string, string, object | undefined][] = [
  ['POST', '/v1/flags/evaluate', { context }],
  ['POST', '/v1/bundle', { context }],
  ['POST', ofrep, { context }],
  ['POST', `${ofrep}/for.all`, { context }],
  ['POST', '/v1/experiments/running/assign', { context }],
  ['POST', '/v1/experiments/running/variant', { context }],
  ['POST', '/v1/exposures', { exposures }],
  ['POST', '/v1/events', { events: [{ id: 'y', type: 'event.viewed', userId: 'u-1' }] }],
  ['POST', '/v1/identify', { anonymousId: 'nobody', userId: 'u-1' }],
  ['GET', '/v1/stream', undefined],
]

describe.each(routes)('A key with a list of origins at %s %s', (method, path, body) => {
  const from = async (origin: string | undefined, as: string) => {
    const headers = { ...(origin !== undefined && { Origin: origin }) }
    const answer = await send(method, path, { as, body, headers })
    if (answer.ok) await answer.body?.cancel()
    return answer
  }

  it.each(['https://app.example', 'http://localhost:5173', undefined])(
    'the key works from a listed origin and from a server: %s',
    async (origin) => {
      const { ok } = await from(origin, await known({ origins: SOME.origins }))
      expect(ok).toBe(true)
    },
  )

  it.each([
    'https://evil.example',
    'https://app.example.evil.example',
    'http://app.example',
    'https://app.example:8443',
    'HTTPS://APP.EXAMPLE',
    'null',
  ])('the key gets 403 from another origin, which may read why: %s', async (origin) => {
    const answer = await from(origin, await known({ origins: SOME.origins }))
    expect(await problem(answer)).toMatchObject({
      status: 403,
      errorCode: 'FORBIDDEN',
      errorDetails: 'this key is not for pages of this origin',
    })
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*')
  })

  it('a key without a list works from any origin', async () => {
    for (const as of [await known({}), SERVER])
      expect((await from('https://any.example', as)).ok).toBe(true)
  })
})

it('The token of a stream: it has the origins of its key', async () => {
  const as = await known({ origins: SOME.origins })
  const { stream } = await json<{ stream: string }>(post('/v1/bundle', as, { context }))
  const open = async (origin?: string) => {
    const answer = await send('GET', stream, { headers: { ...(origin && { Origin: origin }) } })
    await answer.body?.cancel()
    return answer.status
  }
  expect(await open('https://evil.example')).toBe(403)
  expect(await open('https://app.example')).toBe(200)
  expect(await open()).toBe(200)
})

it('A preflight carries no key, so its answer ignores the origins of keys', async () => {
  const answer = await send('OPTIONS', '/v1/flags/evaluate', {
    headers: {
      Origin: 'https://evil.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'x-user-token',
    },
  })
  expect(answer.status).toBe(204)
})

it('A key with unreadable settings is refused until they are set, and other keys work', async () => {
  const { id, secret } = await clientKey({})
  for (const settings of ['{', '{"origins":[]}', '[]']) {
    await env.DB.prepare('UPDATE api_key SET settings = ? WHERE id = ?').bind(settings, id).run()
    const { published, snapshotVersion } = await putFlag('for.all', { description: settings })
    expect(published).toBe(true)
    const path = `/v1/flags/evaluate?minVersion=${snapshotVersion}`
    expect((await post(path, secret, { context })).status).toBe(401)
    expect((await post(path, CLIENT, { context })).status).toBe(200)
  }
  expect(logged.flat()).toContainEqual({ event: 'snapshot.key_unreadable', keyId: id })
  expect(await toKey(id)).not.toHaveProperty('origins')
  const { snapshotVersion } = await json<{ snapshotVersion: number }>(
    patch(id, { trustsRole: true }),
  )
  const path = `/v1/flags/evaluate?minVersion=${snapshotVersion}`
  expect((await post(path, secret, { context })).status).toBe(200)
  expect(await toKey(id)).toMatchObject({ ...NEW_CLIENT, trustsRole: true })
})

it('An isolate with a snapshot from before keys had settings answers as before', async () => {
  const text = (await env.SNAPSHOTS.get('snapshot')) ?? ''
  const snapshot = JSON.parse(text) as { keys: { client?: object }[] }
  const keys = snapshot.keys.map((key) => ({ ...key, client: undefined }))
  const SNAPSHOTS = { get: async () => JSON.stringify({ ...snapshot, keys }) }
  const at = isolate({ SNAPSHOTS: SNAPSHOTS as unknown as KVNamespace })
  const body = { context: { role: 'STAFF' } }
  const { flags } = await json<{ flags: Flags }>(
    sendWith(at, 'POST', '/v1/flags/evaluate', { as: CLIENT, body }),
  )
  expect(flags['for.staff']).toBe(true)
})
