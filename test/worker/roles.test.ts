import { beforeAll, describe, expect, it } from 'vitest'
import { app } from '../../worker/app.ts'
import {
  ADMIN,
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
  SERVER,
  VIEWER,
} from '../support/api.ts'

const roles = ['viewer', 'editor', 'admin'] as const

/** Every route of the admin API: the least role that it takes, and what a request that is let in comes to. */
const table: {
  readonly route: string
  readonly needs: (typeof roles)[number]
  readonly body?: object
  readonly allowed: number
  /** The id of the thing that the address names; made anew for each caller. */
  readonly thing?: (name: string) => Promise<string>
}[] = [
  { route: 'GET /api/flags', needs: 'viewer', allowed: 200 },
  { route: 'GET /api/flags/:key', needs: 'viewer', allowed: 200, thing: aFlag },
  { route: 'PUT /api/flags/:key', needs: 'editor', body: {}, allowed: 201, thing: noFlag },
  { route: 'PATCH /api/flags/:key', needs: 'editor', body: {}, allowed: 200, thing: aFlag },
  { route: 'DELETE /api/flags/:key', needs: 'admin', allowed: 200, thing: aFlag },
  { route: 'GET /api/audit', needs: 'viewer', allowed: 200 },
  { route: 'POST /api/explain', needs: 'viewer', body: { context: {} }, allowed: 200 },
  { route: 'GET /api/keys', needs: 'admin', allowed: 200 },
  {
    route: 'POST /api/keys',
    needs: 'admin',
    body: { name: 'made by the table', kind: 'client' },
    allowed: 201,
  },
  { route: 'DELETE /api/keys/:id', needs: 'admin', allowed: 200, thing: aKey },
  { route: 'GET /api/me', needs: 'viewer', allowed: 200 },
]

async function aFlag(name: string) {
  await putFlag(`of.${name}`)
  return `of.${name}`
}
async function noFlag(name: string) {
  return `by.${name}`
}
async function aKey(name: string) {
  return (await makeKey(`key of ${name}`, 'client')).id
}

const revoked = { secret: '' }

beforeAll(async () => {
  await seedKeys()
  const { id, secret } = await makeKey('someone who left', 'admin')
  await revokeKey(id)
  revoked.secret = secret
})

/** Who asks, with which credential, and what a route that needs this role answers. */
const callers: {
  readonly who: string
  readonly token: () => string | undefined
  readonly status: (needs: (typeof roles)[number], allowed: number) => number
}[] = [
  { who: 'nobody', token: () => undefined, status: () => 401 },
  { who: 'garbage', token: () => 'no-such-token', status: () => 401 },
  { who: 'revoked', token: () => revoked.secret, status: () => 401 },
  { who: 'client', token: () => CLIENT, status: () => 403 },
  { who: 'server', token: () => SERVER, status: () => 403 },
  ...[VIEWER, EDITOR, ADMIN].map((secret, rank) => ({
    who: roles[rank] ?? '',
    token: () => secret,
    status: (needs: (typeof roles)[number], allowed: number) =>
      rank >= roles.indexOf(needs) ? allowed : 403,
  })),
]

it('the table has every route of the admin API, and no other', () => {
  const routes = app.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api'))
    .map(({ method, path }) => `${method} ${path}`)
  expect(new Set(table.map(({ route }) => route))).toEqual(new Set(routes))
})

describe.each(table)('$route', ({ route, needs, body, allowed, thing }) => {
  const [method = '', path = ''] = route.split(' ')

  it.each(callers)(`needs the role ${needs}; asked by $who`, async ({ who, token, status }) => {
    const id = (await thing?.(`${who}.${method.toLowerCase()}`)) ?? ''
    const expected = status(needs, allowed)
    const before = await recorded()
    const answer = await send(method, path.replace(/:\w+/, id), { as: token(), body })
    expect(answer.status).toBe(expected)
    const isRefused = expected === 401 || expected === 403
    const writes = method === 'DELETE' || allowed === 201
    const changes = !isRefused && writes ? 1 : 0
    expect((await recorded())?.snapshotVersion).toBe((before?.snapshotVersion ?? 0) + changes)
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
