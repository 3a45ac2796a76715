import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { routes as allRoutes } from '../../worker/app.ts'
import { VERSION_LEAP } from '../../worker/objects/publisher/switch-off.ts'
import {
  ADMIN,
  readAudit,
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
import { act, HALVES, runExperiment } from '../support/experiments.ts'

const roles = ['viewer', 'editor', 'admin'] as const

type Role = (typeof roles)[number]

/**
 * The least role that it takes; the ADMIN_TOKEN secret itself, which may do everything else, too; an evaluation key;
 * the UI's own origin; or nothing.
 */
type Need = Role | 'secret' | 'key' | 'server key' | 'origin' | 'nothing'

type Row = {
  readonly needs: Need
  readonly body?: (name: string) => object
  /** The key or id of the thing that the address names, made anew for each caller. */
  readonly thing?: (name: string) => Promise<string>
  /** The status of an admitted request, and whether it changes data. */
  readonly allowed: number
  readonly changes: boolean
  /** How far a change takes the snapshot version, when not by one. */
  readonly versions?: number
}

const aFlag = async (name: string) => {
  await putFlag(name)
  return name
}
const aSegment = async (name: string) => {
  await send('PUT', `/api/segments/${name}`, { as: ADMIN, body: {} })
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
const aStopped = async (name: string) => {
  await runExperiment(name)
  await act(name, 'stop')
  return name
}
const anArchived = async (name: string) => {
  await aStopped(name)
  await send('POST', `/api/experiments/${name}/archive`, { as: ADMIN, body: {} })
  return name
}
const nothingYet = async (name: string) => name
const anEdit = async (name: string) => {
  await putFlag(name, { rollout: 1 })
  await putFlag(name, { rollout: 2 })
  return String((await readAudit(`flag:${name}`))[0]?.id)
}
const anAddress = async (name: string) => `${name}@example.test`
const aMember = async (name: string) => {
  const email = await anAddress(name)
  await send('PUT', `/api/members/${email}`, { as: ADMIN, body: { role: 'editor' } })
  return email
}
const empty = () => ({})

const FLAG = 'matrix.on'
const EXPERIMENT = 'matrix-runs'
const context = () => ({ context: { userId: 'u-1' } })
const evaluates = { needs: 'key', body: context, allowed: 200, changes: false } as const
const takesStep = { needs: 'editor', body: empty, allowed: 200, changes: true } as const
const readsRunning = { needs: 'viewer', thing: aRunning, allowed: 200, changes: false } as const
const creates = {
  needs: 'editor',
  thing: nothingYet,
  body: empty,
  allowed: 201,
  changes: true,
} as const
const theFlag = async () => FLAG
const theExperiment = async () => EXPERIMENT

/** Every route there is. */
const table: Readonly<Record<string, Row>> = {
  'GET /api/flags': { needs: 'viewer', allowed: 200, changes: false },
  'GET /api/flags/:key': { needs: 'viewer', thing: aFlag, allowed: 200, changes: false },
  'PUT /api/flags/:key': creates,
  'PATCH /api/flags/:key': { ...takesStep, thing: aFlag, body: () => ({ rollout: 7 }) },
  'DELETE /api/flags/:key': { needs: 'admin', thing: aFlag, allowed: 200, changes: true },
  'GET /api/segments': { needs: 'viewer', allowed: 200, changes: false },
  'GET /api/segments/:key': { needs: 'viewer', thing: aSegment, allowed: 200, changes: false },
  'PUT /api/segments/:key': creates,
  'PATCH /api/segments/:key': { ...takesStep, thing: aSegment, body: () => ({ include: ['u-1'] }) },
  'DELETE /api/segments/:key': { needs: 'admin', thing: aSegment, allowed: 200, changes: true },
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
  'POST /api/experiments/:key/launch': { ...takesStep, thing: aDraft },
  'POST /api/experiments/:key/pause': { ...takesStep, thing: aRunning },
  'POST /api/experiments/:key/stop': { ...takesStep, thing: aRunning },
  'POST /api/experiments/:key/archive': { ...takesStep, thing: aStopped },
  'POST /api/experiments/:key/unarchive': { ...takesStep, thing: anArchived },
  'GET /api/experiments/:key/rows': {
    needs: 'admin',
    thing: aRunning,
    allowed: 200,
    changes: false,
  },
  'GET /api/experiments/:key/health': readsRunning,
  'GET /api/experiments/:key/metrics': readsRunning,
  'GET /api/experiments/:key/metrics.csv': readsRunning,
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
  'GET /api/explain/callers': { needs: 'viewer', allowed: 200, changes: false },
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
    versions: VERSION_LEAP + 1,
  },
  'POST /api/session': {
    needs: 'origin',
    body: () => ({ token: ADMIN }),
    allowed: 201,
    changes: false,
  },
  'DELETE /api/session': { needs: 'origin', allowed: 204, changes: false },
  'GET /health': { needs: 'nothing', allowed: 200, changes: false },
  'GET /openapi.json': { needs: 'nothing', allowed: 200, changes: false },
  'GET /v1/snapshot': { needs: 'server key', allowed: 200, changes: false },
  'GET /v1/stream': { needs: 'key', allowed: 200, changes: false },
  'POST /v1/flags/evaluate': evaluates,
  'POST /v1/bundle': evaluates,
  'POST /ofrep/v1/evaluate/flags': evaluates,
  'POST /ofrep/v1/evaluate/flags/:key': { ...evaluates, thing: theFlag },
  'POST /v1/experiments/:key/assign': { ...evaluates, thing: theExperiment },
  'POST /v1/experiments/:key/variant': { ...evaluates, thing: theExperiment },
  'POST /v1/identify': {
    ...evaluates,
    body: (name) => ({ anonymousId: `${name}-visits`, userId: `${name}-signs-in` }),
  },
  'POST /v1/exposures': { ...evaluates, body: () => ({ exposures: [{ id: 'x' }] }), allowed: 202 },
  'POST /v1/events': { ...evaluates, body: () => ({ events: [{ id: 'x' }] }), allowed: 202 },
}

const OURS = 'https://flags.test'
const ROOT = 'the-secret-itself'
const bindings = { ...env, ADMIN_TOKEN: ROOT }

const made = { revoked: '', revokedClient: '', bound: '' }

const leave = async (name: string, kind: string) => {
  const { id, secret } = await makeKey(name, kind)
  await revokeKey(id)
  return secret
}

/** One of its own for each request: signing out is among those. */
const openSession = async () => {
  const sent = { body: { token: ADMIN }, headers: { Origin: OURS } }
  const answer = await send('POST', '/api/session', sent)
  return answer.headers.get('Set-Cookie')?.split(';')[0] ?? ''
}

const openExpired = async () => {
  const cookie = await openSession()
  await env.DB.prepare('UPDATE session SET expires_at = 1').run()
  return cookie
}

beforeAll(async () => {
  await seedKeys()
  made.revoked = await leave('someone who left', 'admin')
  made.revokedClient = await leave('a page that is gone', 'client')
  made.bound = (await makeKey('a page of ours', 'client', { origins: [OURS] })).secret
  await putFlag(FLAG)
  await runExperiment(EXPERIMENT)
})

type Credential = { readonly as?: string; readonly headers?: Record<string, string> }

type Caller = {
  readonly credential: () => Credential | Promise<Credential>
  /** The operations that a role allows, and the refusals of the others. */
  readonly role?: Role | 'secret'
  readonly refused: 401 | 403
  readonly isKey?: true
  readonly isServer?: boolean
  /** A page of another site, whose browser sends what is there. */
  readonly isForeign?: true
}

const FOREIGN = 'https://evil.test'

/** The callers and their credentials. */
const callers: Readonly<Record<string, Caller>> = {
  nobody: { credential: () => ({}), refused: 401 },
  garbage: { credential: () => ({ as: 'no-such-token' }), refused: 401 },
  revoked: { credential: () => ({ as: made.revoked }), refused: 401 },
  'revoked client': { credential: () => ({ as: made.revokedClient }), refused: 401 },
  expired: { credential: async () => ({ headers: { Cookie: await openExpired() } }), refused: 401 },
  client: { credential: () => ({ as: CLIENT }), refused: 403, isKey: true },
  'client of another origin': {
    credential: () => ({ as: made.bound, headers: { Origin: FOREIGN } }),
    refused: 403,
    isKey: true,
    isForeign: true,
  },
  server: { credential: () => ({ as: SERVER }), refused: 403, isKey: true, isServer: true },
  viewer: { credential: () => ({ as: VIEWER }), refused: 403, role: 'viewer' },
  editor: { credential: () => ({ as: EDITOR }), refused: 403, role: 'editor' },
  admin: { credential: () => ({ as: ADMIN }), refused: 403, role: 'admin' },
  session: {
    credential: async () => ({ headers: { Cookie: await openSession() } }),
    refused: 403,
    role: 'admin',
  },
  'session of another origin': {
    credential: async () => ({ headers: { Cookie: await openSession(), Origin: FOREIGN } }),
    refused: 403,
    role: 'admin',
    isForeign: true,
  },
  secret: { credential: () => ({ as: ROOT }), refused: 403, role: 'secret' },
}

/** How a caller is refused; undefined when they are let in. */
const findRefusal = (needs: Need, method: string, caller: Caller): number | undefined => {
  const { role, refused, isKey, isServer, isForeign } = caller
  const isForged = isForeign && method !== 'GET'
  switch (needs) {
    case 'nothing':
      return undefined
    case 'origin':
      return isForeign ? 403 : undefined
    case 'key':
      if (!isKey) return 401
      return isForeign ? 403 : undefined
    case 'server key':
      if (!isKey) return 401
      return isServer ? undefined : 403
    case 'secret':
      return role === 'secret' ? undefined : 401
    case 'viewer':
    case 'editor':
    case 'admin': {
      if (role === undefined || isForged) return refused
      const ranks: readonly string[] = [...roles, 'secret']
      return ranks.indexOf(role) < ranks.indexOf(needs) ? refused : undefined
    }
  }
}

it('Roles: the table has exactly the routes of the app', () => {
  const found = allRoutes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`)
  expect(new Set(Object.keys(table))).toEqual(new Set(found))
})

const toName = (who: string, route: string) =>
  `${who}-${route}`.toLowerCase().replaceAll(/[^a-z]+/g, '-')

describe.each(Object.entries(table))('%s', (route, row) => {
  const { needs, body, thing, allowed, changes, versions = 1 } = row
  const [method = '', path = ''] = route.split(' ')
  /** A refusal changes nothing, so all refused callers share one thing. */
  let refusedThing: Promise<string> | undefined

  it.each(Object.entries(callers))(`needs ${needs}; asked by %s`, async (who, caller) => {
    const name = toName(who, route)
    const refusal = findRefusal(needs, method, caller)
    if (refusal !== undefined) refusedThing ??= thing?.(toName('refused', route))
    const id = (await (refusal === undefined ? thing?.(name) : refusedThing)) ?? ''
    const before = await recorded()
    const { as, headers } = await caller.credential()
    const sent = { as, headers: { Origin: OURS, ...headers }, body: body?.(name) }
    const ask = async (by: string) => {
      const answer = await sendWith(bindings, by, path.replace(/:\w+/, id), sent)
      await answer.body?.cancel()
      return answer.status
    }
    for (const by of method === 'GET' ? ['GET', 'HEAD'] : [method])
      expect([by, await ask(by)]).toEqual([by, refusal ?? allowed])
    const moved = refusal === undefined && changes ? versions : 0
    expect((await recorded())?.snapshotVersion).toBe((before?.snapshotVersion ?? 0) + moved)
  })
})

describe('A refusal of the admin API', () => {
  it('the answer says what is missing and how to sign in', async () => {
    const { status, headers, errorCode, errorDetails } = await problem(send('GET', '/api/me'))
    expect([status, errorCode]).toEqual([401, 'UNAUTHORIZED'])
    expect(headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(errorDetails).toContain('Authorization: Bearer')
  })

  it('the answer to a small role names the role that the route needs', async () => {
    const refusal = await problem(send('GET', '/api/keys', { as: EDITOR }))
    expect(refusal).toMatchObject({ status: 403, errorCode: 'FORBIDDEN' })
    expect(refusal.errorDetails).toMatch(/needs the role admin.*yours is editor/)
  })

  it('the answer to an evaluation key says that the key only evaluates', async () => {
    const refusal = await problem(send('GET', '/api/me', { as: CLIENT }))
    expect(refusal).toMatchObject({ status: 403, errorDetails: expect.stringContaining('client') })
  })

  it('the answer without a token is the same for known and unknown paths', async () => {
    expect((await send('GET', '/api/nothing')).status).toBe(401)
    expect((await send('GET', '/api/nothing', { as: VIEWER })).status).toBe(404)
  })
})

it.each([
  [VIEWER, 'local viewer', 'viewer'],
  [EDITOR, 'local editor', 'editor'],
  [ADMIN, 'local admin', 'admin'],
])('GET /api/me: %s gets its name and role', async (token, actor, role) => {
  expect(await json(send('GET', '/api/me', { as: token }))).toEqual({ actor, role })
})

const me = (as: string) => sendWith(bindings, 'GET', '/api/me', { as })

it('ADMIN_TOKEN: the first admin signs in without a row in D1', async () => {
  expect(await json(me(ROOT))).toEqual({ actor: 'ADMIN_TOKEN', role: 'admin' })
  expect((await me(ROOT.slice(1))).status).toBe(401)
  expect((await send('GET', '/api/me', { as: ROOT })).status).toBe(401)
})

it('ADMIN_TOKEN: an empty secret makes no admin', async () => {
  const headers = { 'X-API-Key': '' }
  const body = { enabled: false, comment: 'Let me in.' }
  const careless = { ...env, ADMIN_TOKEN: '' }
  expect((await sendWith(careless, 'GET', '/api/me', { headers })).status).toBe(401)
  const sent = { headers, body }
  expect((await sendWith(careless, 'POST', '/api/break-glass/any', sent)).status).toBe(401)
})
