import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { routes as allRoutes } from '../../worker/app.ts'
import { LEAP } from '../../worker/objects/switch-off.ts'
import {
  ADMIN,
  auditOf,
  CLIENT,
  EDITOR,
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
  VIEWER,
} from '../support/api.ts'
import { HALVES, runExperiment } from '../support/experiments.ts'

const roles = ['viewer', 'editor', 'admin'] as const

type Role = (typeof roles)[number]

type Row = {
  /** The least role that it takes, or the ADMIN_TOKEN secret itself, which may do everything else, too. */
  readonly needs: Role | 'secret'
  readonly body?: (name: string) => object
  /** The key or id of the thing that the address names, made anew for each caller. */
  readonly thing?: (name: string) => Promise<string>
  /** What a request that is let in comes to, and whether it changes something. */
  readonly allowed: number
  readonly changes: boolean
  /** How far a change takes the snapshot version, when not by one. */
  readonly versions?: number
}

const aFlag = async (name: string) => {
  await putFlag(name)
  return name
}
const aKey = async (name: string) => (await makeKey(name, 'client')).id
const draft = (key: string) => ({ key, variants: HALVES })
const aDraft = async (name: string) => {
  await send('POST', '/api/experiments', { as: ADMIN, body: draft(name) })
  return name
}
const aRunning = async (name: string) => {
  await runExperiment(name)
  return name
}
const nothingYet = async (name: string) => name
const anEdit = async (name: string) => {
  await putFlag(name, { rollout: 1 })
  await putFlag(name, { rollout: 2 })
  return String((await auditOf(`flag:${name}`))[0]?.id)
}
const anAddress = async (name: string) => `${name}@example.test`
const aMember = async (name: string) => {
  const email = await anAddress(name)
  await send('PUT', `/api/members/${email}`, { as: ADMIN, body: { role: 'editor' } })
  return email
}
const empty = () => ({})

/** Every route of the admin API, signing in and out aside. */
const table: Readonly<Record<string, Row>> = {
  'GET /api/flags': { needs: 'viewer', allowed: 200, changes: false },
  'GET /api/flags/:key': { needs: 'viewer', thing: aFlag, allowed: 200, changes: false },
  'PUT /api/flags/:key': {
    needs: 'editor',
    thing: nothingYet,
    body: empty,
    allowed: 201,
    changes: true,
  },
  'PATCH /api/flags/:key': {
    needs: 'editor',
    thing: aFlag,
    body: () => ({ rollout: 7 }),
    allowed: 200,
    changes: true,
  },
  'DELETE /api/flags/:key': { needs: 'admin', thing: aFlag, allowed: 200, changes: true },
  'GET /api/experiments': { needs: 'viewer', allowed: 200, changes: false },
  'POST /api/experiments': { needs: 'editor', body: draft, allowed: 201, changes: true },
  'GET /api/experiments/:key': { needs: 'viewer', thing: aDraft, allowed: 200, changes: false },
  'PATCH /api/experiments/:key': {
    needs: 'editor',
    thing: aDraft,
    body: () => ({ description: 'Changed.' }),
    allowed: 200,
    changes: true,
  },
  'DELETE /api/experiments/:key': { needs: 'admin', thing: aDraft, allowed: 200, changes: true },
  'POST /api/experiments/:key/launch': {
    needs: 'editor',
    thing: aDraft,
    body: empty,
    allowed: 200,
    changes: true,
  },
  'POST /api/experiments/:key/pause': {
    needs: 'editor',
    thing: aRunning,
    body: empty,
    allowed: 200,
    changes: true,
  },
  'POST /api/experiments/:key/stop': {
    needs: 'editor',
    thing: aRunning,
    body: empty,
    allowed: 200,
    changes: true,
  },
  'GET /api/experiments/:key/metrics': {
    needs: 'viewer',
    thing: aRunning,
    allowed: 200,
    changes: false,
  },
  'GET /api/experiments/:key/metrics.csv': {
    needs: 'viewer',
    thing: aRunning,
    allowed: 200,
    changes: false,
  },
  'POST /api/sample-size': {
    needs: 'viewer',
    body: () => ({
      plan: { baselineRate: 0.1, minimumDetectableEffect: 0.1 },
      variantCount: 2,
    }),
    allowed: 200,
    changes: false,
  },
  'GET /api/audit': { needs: 'viewer', allowed: 200, changes: false },
  'POST /api/audit/:id/revert': {
    needs: 'editor',
    thing: anEdit,
    body: empty,
    allowed: 200,
    changes: true,
  },
  'POST /api/explain': {
    needs: 'viewer',
    body: () => ({ context: {} }),
    allowed: 200,
    changes: false,
  },
  'GET /api/keys': { needs: 'admin', allowed: 200, changes: false },
  'POST /api/keys': {
    needs: 'admin',
    body: (name) => ({ name, kind: 'client' }),
    allowed: 201,
    changes: true,
  },
  'PATCH /api/keys/:id': {
    needs: 'admin',
    thing: aKey,
    body: () => ({ trustsRole: true }),
    allowed: 200,
    changes: true,
  },
  'DELETE /api/keys/:id': { needs: 'admin', thing: aKey, allowed: 200, changes: true },
  'GET /api/export': { needs: 'viewer', allowed: 200, changes: false },
  'POST /api/import': {
    needs: 'editor',
    body: (key) => ({ format: 'indietix-flags', version: 1, flags: [{ key }] }),
    allowed: 200,
    changes: true,
  },
  'GET /api/stream': { needs: 'viewer', allowed: 200, changes: false },
  'GET /api/members': { needs: 'admin', allowed: 200, changes: false },
  'PUT /api/members/:email': {
    needs: 'admin',
    thing: anAddress,
    body: () => ({ role: 'viewer' }),
    allowed: 200,
    changes: true,
  },
  'DELETE /api/members/:email': {
    needs: 'admin',
    thing: aMember,
    allowed: 200,
    changes: true,
  },
  'DELETE /api/users/:userId': {
    needs: 'admin',
    thing: nothingYet,
    allowed: 200,
    changes: false,
  },
  'DELETE /api/users': {
    needs: 'admin',
    body: (userId) => ({ userId }),
    allowed: 200,
    changes: false,
  },
  'GET /api/me': { needs: 'viewer', allowed: 200, changes: false },
  'POST /api/break-glass/:key': {
    needs: 'secret',
    thing: aFlag,
    body: () => ({ enabled: false, comment: 'It burns.' }),
    allowed: 200,
    changes: true,
    versions: LEAP + 1,
  },
}

const ROOT = 'the-secret-itself'
const bindings = { ...env, ADMIN_TOKEN: ROOT }

const revoked = { secret: '' }

beforeAll(async () => {
  await seedKeys()
  const { id, secret } = await makeKey('someone who left', 'admin')
  await revokeKey(id)
  revoked.secret = secret
})

/** Who asks, with which credential, and how they are refused. */
const callers: readonly [who: string, token: () => string | undefined, refused: number][] = [
  ['nobody', () => undefined, 401],
  ['garbage', () => 'no-such-token', 401],
  ['revoked', () => revoked.secret, 401],
  ['client', () => CLIENT, 403],
  ['server', () => SERVER, 403],
  ['viewer', () => VIEWER, 403],
  ['editor', () => EDITOR, 403],
  ['admin', () => ADMIN, 403],
  ['secret', () => ROOT, 403],
]

it('the table has every route of the admin API, and no other', () => {
  const routes = allRoutes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api'))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => !route.endsWith('/api/session'))
  expect(new Set(Object.keys(table))).toEqual(new Set(routes))
})

describe.each(Object.entries(table))('%s', (route, row) => {
  const { needs, body, thing, allowed, changes, versions = 1 } = row
  const [method = '', path = ''] = route.split(' ')
  const ranks: readonly string[] = [...roles, 'secret']
  const allowedFor = ranks.slice(ranks.indexOf(needs))

  it.each(callers)(`needs the role ${needs}; asked by %s`, async (who, token, refused) => {
    const name = `${who}-${route.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
    const id = (await thing?.(name)) ?? ''
    const before = await recorded()
    const sent = { as: token(), body: body?.(name) }
    const answer = await sendWith(bindings, method, path.replace(/:\w+/, id), sent)
    const isAllowed = allowedFor.includes(who)
    await answer.body?.cancel()
    expect(answer.status).toBe(isAllowed ? allowed : needs === 'secret' ? 401 : refused)
    const moved = isAllowed && changes ? versions : 0
    expect((await recorded())?.snapshotVersion).toBe((before?.snapshotVersion ?? 0) + moved)
  })
})

describe('a refusal', () => {
  it('says what is missing, and how to sign in', async () => {
    const { status, headers, errorCode, errorDetails } = await problem(send('GET', '/api/me'))
    expect([status, errorCode]).toEqual([401, 'UNAUTHORIZED'])
    expect(headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(errorDetails).toContain('Authorization: Bearer')
  })

  it('tells a caller with too small a role which one it takes', async () => {
    const refusal = await problem(send('GET', '/api/keys', { as: EDITOR }))
    expect(refusal).toMatchObject({ status: 403, errorCode: 'FORBIDDEN' })
    expect(refusal.errorDetails).toMatch(/needs the role admin.*yours is editor/)
  })

  it('tells an evaluation key that it is one', async () => {
    const refusal = await problem(send('GET', '/api/me', { as: CLIENT }))
    expect(refusal).toMatchObject({ status: 403, errorDetails: expect.stringContaining('client') })
  })

  it('comes before anything is told: an unknown address looks the same to strangers', async () => {
    expect((await send('GET', '/api/nothing')).status).toBe(401)
    expect((await send('GET', '/api/nothing', { as: VIEWER })).status).toBe(404)
  })
})

it.each([
  [VIEWER, 'local viewer', 'viewer'],
  [EDITOR, 'local editor', 'editor'],
  [ADMIN, 'local admin', 'admin'],
])('/api/me tells %s who it is and what it may do', async (token, actor, role) => {
  expect(await json(send('GET', '/api/me', { as: token }))).toEqual({ actor, role })
})

const me = (as: string) => sendWith(bindings, 'GET', '/api/me', { as })

it('the secret ADMIN_TOKEN signs in the first admin, who needs no row in D1', async () => {
  expect(await json(me(ROOT))).toEqual({ actor: 'ADMIN_TOKEN', role: 'admin' })
  expect((await me(ROOT.slice(1))).status).toBe(401)
  expect((await send('GET', '/api/me', { as: ROOT })).status).toBe(401)
})

it('an ADMIN_TOKEN that was set to nothing makes nobody an admin', async () => {
  const headers = { 'X-API-Key': '' }
  const body = { enabled: false, comment: 'Let me in.' }
  const careless = { ...env, ADMIN_TOKEN: '' }
  expect((await sendWith(careless, 'GET', '/api/me', { headers })).status).toBe(401)
  const sent = { headers, body }
  expect((await sendWith(careless, 'POST', '/api/break-glass/any', sent)).status).toBe(401)
})
