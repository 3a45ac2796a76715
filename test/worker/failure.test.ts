import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { routes as allRoutes } from '../../worker/app.ts'
import type { Env } from '../../worker/env.ts'
import {
  ADMIN,
  readAudit,
  CLIENT,
  json,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
  watchConsole,
} from '../support/api.ts'
import { lyingD1 } from '../support/faults.ts'

const logged = watchConsole()
beforeAll(seedKeys)

/** This credential needs no D1, so the request reaches the route and the route meets the fault. */
const ROOT = 'root-token'

const withD1Down = (): Env => {
  const { control, d1 } = lyingD1(env.DB)
  control.mode = 'down'
  return { ...env, DB: d1, ADMIN_TOKEN: ROOT }
}

/** A D1 that commits a batch, or does not, and loses the answer either way. */
const losingAnswers = (commits: boolean): Env => ({
  ...env,
  DB: {
    withSession: (constraint: string) => {
      const session = env.DB.withSession(constraint)
      return {
        prepare: (query: string) => session.prepare(query),
        batch: async (statements: D1PreparedStatement[]) => {
          if (commits) await session.batch(statements)
          throw new Error('D1_ERROR: Network connection lost.')
        },
      }
    },
  } as unknown as D1Database,
})

const unavailable = {
  status: 503,
  errorCode: 'UNAVAILABLE',
  errorDetails: expect.stringContaining('try again'),
}

/** Signing in knows no token yet; breaking the glass is what still works (break-glass.test.ts). */
const OTHERS = ['/api/session', '/api/break-glass/:key']

describe('D1 is down', () => {
  const routes = new Set(
    allRoutes
      .filter(
        ({ method, path }) => method !== 'ALL' && path.startsWith('/api') && !OTHERS.includes(path),
      )
      .map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, 'any')}`),
  )
  it.each([...routes])('%s answers 503 with Retry-After to a token', async (route) => {
    const [method = '', path = ''] = route.split(' ')
    const body = method === 'GET' || method === 'DELETE' ? undefined : {}
    const refusal = await problem(sendWith(withD1Down(), method, path, { as: ADMIN, body }))
    expect(refusal).toMatchObject(unavailable)
    expect(refusal.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/)
  })

  it('sign-in answers 503 with Retry-After', async () => {
    const sent = { body: { token: ADMIN }, headers: { Origin: 'https://flags.test' } }
    const refusal = await problem(sendWith(withD1Down(), 'POST', '/api/session', sent))
    expect(refusal).toMatchObject(unavailable)
  })

  it.each([
    ['GET', '/api/flags', undefined],
    ['GET', '/api/flags/any', undefined],
    ['PUT', '/api/flags/any', {}],
    ['PATCH', '/api/flags/any', {}],
    ['DELETE', '/api/flags/any', undefined],
    ['GET', '/api/audit', undefined],
    ['GET', '/api/keys', undefined],
    ['POST', '/api/keys', { name: 'any', kind: 'client' }],
    ['DELETE', '/api/keys/any', undefined],
  ])('%s %s answers 503 with Retry-After to ADMIN_TOKEN as well', async (method, path, body) => {
    const refusal = await problem(sendWith(withD1Down(), method, path, { as: ROOT, body }))
    expect(refusal).toMatchObject(unavailable)
    expect(refusal.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/)
  })

  it('evaluate and explain answer as before', async () => {
    await putFlag('still.on')
    const bindings = withD1Down()
    const body = { context: {}, keys: ['still.on'] }
    const seen = sendWith(bindings, 'POST', '/v1/flags/evaluate', { as: CLIENT, body })
    expect(await json(seen)).toMatchObject({ flags: { 'still.on': true } })
    const why = { context: {}, key: 'still.on' }
    const explained = sendWith(bindings, 'POST', '/api/explain', { as: ROOT, body: why })
    expect(await json(explained)).toMatchObject({ flags: [{ key: 'still.on', value: true }] })
  })

  it('the log has the failure and no user id', async () => {
    logged.length = 0
    await putFlag('private', { rules: { denyList: ['someone@home.test'] } })
    await sendWith(losingAnswers(false), 'PATCH', '/api/flags/private', {
      as: ADMIN,
      body: { rules: { denyList: ['someone.else@home.test'] }, comment: 'because of a lawsuit' },
    })
    await sendWith(withD1Down(), 'GET', '/api/audit?actor=whistle+blower', { as: ROOT })
    const text = JSON.stringify(logged)
    expect(text).toContain('request.failed')
    expect(text).toContain('D1_ERROR')
    for (const secret of ['home.test', 'lawsuit', 'blower', ROOT, ADMIN])
      expect(text).not.toContain(secret)
  })

  it('the answer has no stack trace', async () => {
    const text = await (await sendWith(withD1Down(), 'GET', '/api/flags', { as: ROOT })).text()
    expect(text).not.toMatch(/\bat \w|\.ts|D1_ERROR|select/i)
  })
})

describe('D1 loses its answer to an edit', () => {
  it('the answer is 503, and the flag is unchanged when D1 did not commit', async () => {
    const { flag } = await putFlag('lost.rolled_back')
    const before = await recorded()
    const edit = sendWith(losingAnswers(false), 'PATCH', '/api/flags/lost.rolled_back', {
      as: ADMIN,
      body: { rollout: 1 },
    })
    expect(await problem(edit)).toMatchObject(unavailable)
    expect(await json(send('GET', '/api/flags/lost.rolled_back', { as: ADMIN }))).toEqual(flag)
    expect(await recorded()).toEqual(before)
  })

  it('a retry with If-Match cannot apply the edit twice', async () => {
    await putFlag('lost.committed')
    const sent = { as: ADMIN, body: { rollout: 1 }, headers: { 'If-Match': '"1"' } }
    const path = '/api/flags/lost.committed'
    const edit = sendWith(losingAnswers(true), 'PATCH', path, sent)
    expect(await problem(edit)).toMatchObject(unavailable)
    expect((await send('PATCH', path, sent)).status).toBe(412)
    expect(await json(send('GET', path, { as: ADMIN }))).toMatchObject({ rollout: 1, version: 2 })
    expect(await readAudit('flag:lost.committed')).toHaveLength(2)
  })
})

const fail = () => {
  throw new TypeError('the inner workings')
}

it('An unexpected error: the log has its cause and stack, and the answer is a plain 500', async () => {
  const bindings = { ...env, DB: { withSession: fail } as unknown as D1Database }
  logged.length = 0
  const headers = { 'X-Request-Id': 'of-the-caller' }
  const answer = await sendWith(bindings, 'GET', '/api/flags/any', { as: ADMIN, headers })
  expect([answer.status, answer.headers.get('X-Request-Id')]).toEqual([500, 'of-the-caller'])
  expect(await json(answer)).toEqual({
    errorCode: 'GENERAL',
    errorDetails: 'something unexpected went wrong on our side; it was logged',
  })
  expect(logged).toEqual([
    [
      {
        event: 'request.failed',
        requestId: 'of-the-caller',
        route: 'GET /api/flags/:key',
        error: [expect.stringMatching(/the inner workings\n\s+at /)],
      },
    ],
  ])
})

const withPublisher = (getByName: () => unknown): Env => ({
  ...env,
  PUBLISHER: {
    getByName,
    idFromName: (name: string) => env.PUBLISHER.idFromName(name),
  } as unknown as Env['PUBLISHER'],
})
const unreachable = () => ({ publish: () => Promise.reject(new Error('gone')) })

describe('The Publisher misses an edit', () => {
  const deaf: [string, () => unknown][] = [
    ['cannot be reached', unreachable],
    [
      'throws when it is looked up',
      () => {
        throw new Error('gone')
      },
    ],
    ['cannot read D1 yet', () => ({ publish: async () => ({ databaseVersion: 0, visibleIn: 0 }) })],
  ]
  it.each(deaf)(
    'the edit is kept and reported as not published yet: the Publisher %s',
    async (name, getByName) => {
      const key = `unheard.${name.toLowerCase().replaceAll(' ', '_')}`
      const bindings = withPublisher(getByName)
      const path = `/api/flags/${key}`
      const created = await sendWith(bindings, 'PUT', path, { as: ADMIN, body: { enabled: true } })
      expect(created.status).toBe(201)
      expect(await json(created)).toMatchObject({ flag: { version: 1 }, published: false })

      const body = { rollout: 100 }
      const edited = await sendWith(bindings, 'PATCH', path, { as: ADMIN, body })
      const edit = await json<{ snapshotVersion: number; published: boolean }>(edited)
      expect([edited.status, edit.published]).toEqual([200, false])
      expect(await json(send('GET', path, { as: ADMIN }))).toMatchObject({
        rollout: 100,
        version: 2,
      })
      expect(await readAudit(`flag:${key}`)).toHaveLength(2)
    },
  )

  it('the edit is acknowledged when the Publisher never answers', async () => {
    const bindings = withPublisher(() => ({ publish: () => new Promise(() => {}) }))
    const edit = sendWith(bindings, 'PUT', '/api/flags/unheard.for_ever', { as: ADMIN, body: {} })
    expect(await json(edit)).toMatchObject({ flag: { version: 1 }, published: false })
  })

  it('a new key is kept and reported as not published yet', async () => {
    const bindings = withPublisher(unreachable)
    const body = { name: 'unheard', kind: 'client' }
    const created = await sendWith(bindings, 'POST', '/api/keys', { as: ADMIN, body })
    const { key, published } = await json<{ key: { id: string }; published: boolean }>(created)
    expect([created.status, published]).toEqual([201, false])
    const revoked = await sendWith(bindings, 'DELETE', `/api/keys/${key.id}`, { as: ADMIN })
    expect(await json(revoked)).toMatchObject({ key: { id: key.id }, published: false })
  })

  it('the edit takes effect together with the next one', async () => {
    const bindings = withPublisher(unreachable)
    const body = { enabled: true, rollout: 100 }
    await sendWith(bindings, 'PUT', '/api/flags/unheard.first', { as: ADMIN, body })
    const { snapshotVersion } = await putFlag('unheard.second')
    const seen = send('POST', `/v1/flags/evaluate?minVersion=${snapshotVersion}`, {
      as: CLIENT,
      body: { context: {}, keys: ['unheard.first', 'unheard.second'] },
    })
    expect(await json(seen)).toMatchObject({
      flags: { 'unheard.first': true, 'unheard.second': true },
    })
  })
})
