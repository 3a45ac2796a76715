import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  MAX_EXPERIMENTS,
  MAX_FLAGS,
  MAX_KEYS,
  MAX_RULES_BYTES,
  MAX_SEGMENTS,
} from '../../schema/limits.ts'
import type { Env } from '../../worker/env.ts'
import {
  ADMIN,
  CLIENT,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
  SERVER,
  watchConsole,
} from '../support/api.ts'
import { HALVES, rows, runExperiment } from '../support/experiments.ts'
import { listOperations, readDocument } from '../support/openapi.ts'

const logged = watchConsole()

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  await runExperiment('running')
})
const random = vi.spyOn(Math, 'random')
afterEach(() => random.mockReset())

/** A limiter that admits a given number of requests for each key. */
const limiter = (most: number) => {
  const counts = new Map<string, number>()
  const limit = async ({ key }: RateLimitOptions) => {
    counts.set(key, (counts.get(key) ?? 0) + 1)
    return { success: (counts.get(key) ?? 0) <= most }
  }
  return { limit, counts }
}

const context = { userId: 'u-1' }
const assign = (bindings: Env, as: string, address?: string) =>
  sendWith(bindings, 'POST', '/v1/experiments/running/assign', {
    as,
    body: { context },
    ...(address !== undefined && { headers: { 'CF-Connecting-IP': address } }),
  })
const evaluate = (bindings: Env, as = CLIENT) =>
  sendWith(bindings, 'POST', '/v1/flags/evaluate', { as, body: { context } })

describe('Rate limits', () => {
  it('a key that evaluates too often is refused by the isolate, and works again after a while', async () => {
    random.mockReturnValue(0)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const far = { ...env, EVALUATION_LIMIT: limiter(2) }
    for (const status of [200, 200, 200, 429]) expect((await evaluate(far)).status).toBe(status)
    expect(await problem(evaluate(far))).toMatchObject({ errorCode: 'TOO_MANY_REQUESTS' })
    expect((await evaluate(far)).headers.get('Retry-After')).toBe('10')
    expect((await evaluate(far, SERVER)).status).toBe(200)
    expect(logged.flat()).toContainEqual({
      event: 'limit.reached',
      limit: 'EVALUATION_LIMIT',
      keyId: 'local client',
    })
    vi.setSystemTime(Date.now() + 10_000)
    expect((await evaluate(far)).status).toBe(200)
    vi.useRealTimers()
  })

  it('one evaluation in a hundred is counted, by chance', async () => {
    const { counts, ...EVALUATION_LIMIT } = limiter(1)
    const far = { ...env, EVALUATION_LIMIT }
    random.mockReturnValue(0.01)
    await evaluate(far)
    expect(counts.size).toBe(0)
    random.mockReturnValue(0.0099)
    await evaluate(far)
    expect(counts).toEqual(new Map([['local client', 1]]))
  })

  it.each([
    ['/v1/experiments/running/assign', { context }],
    ['/v1/exposures', { exposures: [{ id: 'x' }] }],
    ['/v1/events', { events: [{ id: 'x' }] }],
    ['/v1/identify', { anonymousId: 'a', userId: 'b' }],
  ])('a key that writes too often is refused at %s and writes nothing', async (path, body) => {
    const far = { ...env, PARTICIPATION_LIMIT: limiter(0) }
    const refusal = await problem(sendWith(far, 'POST', path, { as: SERVER, body }))
    expect(refusal).toMatchObject({ status: 429, errorCode: 'TOO_MANY_REQUESTS' })
    expect(refusal.headers.get('Retry-After')).toBe('60')
  })

  it('one visitor cannot use up the limit that all visitors of a page share', async () => {
    const far = { ...env, VISITOR_LIMIT: limiter(2) }
    for (const status of [200, 200, 429])
      expect((await assign(far, CLIENT, '192.0.2.1')).status).toBe(status)
    expect((await assign(far, CLIENT, '192.0.2.2')).status).toBe(200)
    for (const _ of [1, 2, 3]) expect((await assign(far, SERVER, '192.0.2.1')).status).toBe(200)
  })

  it.each([
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:0:0:9', true],
    ['2001:db8::1', '2001:0db8:0000:0:5::', true],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2:3:4:5:7', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '1::', false],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ])('%s and %s are the same visitor: %s', async (one, other, isSame) => {
    const far = { ...env, VISITOR_LIMIT: limiter(1) }
    expect((await assign(far, CLIENT, one)).status).toBe(200)
    expect((await assign(far, CLIENT, other)).status).toBe(isSame ? 429 : 200)
  })

  it('guessed tokens are limited before D1 is read', async () => {
    const DB = new Proxy(env.DB, {
      get: () => {
        throw new Error('D1 was asked')
      },
    })
    const far = { ...env, DB, ADMIN_LIMIT: limiter(0) }
    const headers = { 'CF-Connecting-IP': '192.0.2.1' }
    for (const path of ['/api/me', '/api/flags', '/api/nothing'])
      expect((await sendWith(far, 'GET', path, { as: 'a-guess', headers })).status).toBe(429)
  })

  it('sign-ins are limited by address, right and wrong tokens alike', async () => {
    const far = { ...env, SIGN_IN_LIMIT: limiter(2) }
    const signIn = async (token: string, address: string) => {
      const headers = { Origin: 'https://flags.test', 'CF-Connecting-IP': address }
      return (await sendWith(far, 'POST', '/api/session', { body: { token }, headers })).status
    }
    expect(await signIn('wrong', '192.0.2.1')).toBe(401)
    expect(await signIn('wrong', '192.0.2.1')).toBe(401)
    expect(await signIn(ADMIN, '192.0.2.1')).toBe(429)
    expect(await signIn(ADMIN, '192.0.2.2')).toBe(201)
  })

  it('a limiter that fails admits every request and logs it', async () => {
    const broken = { limit: () => Promise.reject(new Error('limiter is gone')) }
    const far = { ...env, PARTICIPATION_LIMIT: broken, VISITOR_LIMIT: broken }
    expect((await assign(far, CLIENT, '192.0.2.1')).status).toBe(200)
    expect(JSON.stringify(logged)).toContain('limiter is gone')
  })

  it('a limit without a binding is off, and the log has no address', async () => {
    const { EVALUATION_LIMIT: _, PARTICIPATION_LIMIT: __, VISITOR_LIMIT: ___, ...bare } = env
    expect((await assign(bare, CLIENT, '192.0.2.1')).status).toBe(200)
    expect(JSON.stringify(logged)).not.toContain('192.0.2')
  })

  it('wrangler.toml binds the limits, and the local emulation counts', async () => {
    for (const name of ['SIGN_IN_LIMIT', 'BREAK_GLASS_LIMIT'] as const) {
      const key = crypto.randomUUID()
      const outcomes = []
      for (let i = 0; i < 61; i++) outcomes.push(await env[name]?.limit({ key }))
      expect(outcomes.filter((outcome) => outcome?.success === true)).toHaveLength(60)
    }
    for (const name of ['EVALUATION_LIMIT', 'PARTICIPATION_LIMIT', 'VISITOR_LIMIT', 'ADMIN_LIMIT'])
      expect(env).toHaveProperty(name)
  })
})

/** Fills a table with as many rows as there may be. */
const fill = (insert: string, count: number) =>
  env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) ${insert}`,
  )
    .bind(count)
    .run()

const importing = (flags: object[], query = '') =>
  send('POST', `/api/import${query}`, {
    as: ADMIN,
    body: { format: 'indietix-flags', version: 1, flags },
  })

const makeOneMore = () =>
  send('POST', '/api/keys', { as: ADMIN, body: { name: 'more', kind: 'viewer' } })

describe('Quotas', () => {
  it('one flag over the quota is refused, alone and in an import, while others can be changed', async () => {
    const [{ n }] = (await rows('SELECT count(*) AS n FROM feature_flag')) as [{ n: number }]
    await fill(
      `INSERT INTO feature_flag SELECT 'full.f' || i, NULL, 1, 100, NULL, 0, 1, 0, 0, NULL FROM n`,
      MAX_FLAGS - n - 1,
    )
    await putFlag('full.last')
    const before = await recorded()
    const body = { enabled: true }
    for (const refused of [
      send('PUT', '/api/flags/full.more', { as: ADMIN, body }),
      importing([{ key: 'full.more' }, { key: 'full.f1', rollout: 3 }]),
      importing([{ key: 'full.more' }], '?dryRun=true'),
    ])
      expect(await problem(refused)).toMatchObject({
        status: 409,
        errorCode: 'CONFLICT',
        errorDetails: expect.stringContaining('the limit is 5000'),
      })
    expect(await recorded()).toEqual(before)
    expect((await importing([{ key: 'full.f1', rollout: 3 }])).status).toBe(200)
    expect((await putFlag('full.last', { enabled: false })).published).toBe(true)
    await send('DELETE', '/api/flags/full.last', { as: ADMIN })
    expect((await send('PUT', '/api/flags/full.more', { as: ADMIN, body })).status).toBe(201)
  })

  it('only one of two concurrent last flags is created', async () => {
    await send('DELETE', '/api/flags/full.more', { as: ADMIN })
    const statuses = await Promise.all(
      ['race.a', 'race.b', 'race.c'].map(
        async (key) => (await send('PUT', `/api/flags/${key}`, { as: ADMIN, body: {} })).status,
      ),
    )
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409, 409])
  })

  it('rules that make the snapshot too large are refused before the commit', async () => {
    await env.DB.prepare("DELETE FROM feature_flag WHERE key LIKE 'full.%'").run()
    await fill(
      `INSERT INTO feature_flag SELECT 'large.f' || i, NULL, 1, 100,
         '{"denyList":["' || substr(hex(zeroblob(100000)), 1, 199983) || '"]}', 0, 1, 0, 0, NULL FROM n`,
      MAX_RULES_BYTES / 200_000,
    )
    const before = await recorded()
    const rules = { cities: ['Mumbai'] }
    for (const refused of [
      send('PUT', '/api/flags/large.more', { as: ADMIN, body: { rules } }),
      send('PATCH', '/api/flags/on', { as: ADMIN, body: { rules } }),
      importing([{ key: 'large.more', rules }]),
    ])
      expect(await problem(refused)).toMatchObject({
        status: 409,
        errorDetails: expect.stringContaining('the limit for all rules together is 8 MB'),
      })
    expect(await recorded()).toEqual(before)
  })

  it('segments count into the size of all rules', async () => {
    const sent = { as: ADMIN, body: { include: ['u-1'] } }
    const before = await recorded()
    expect(await problem(send('PUT', '/api/segments/large', sent))).toMatchObject({
      status: 409,
      errorDetails: expect.stringContaining('the limit for all rules together is 8 MB'),
    })
    expect(await recorded()).toEqual(before)
  })

  it('a kill switch works although the snapshot is full', async () => {
    const { flag, published } = await putFlag('on', { enabled: false })
    expect([flag.enabled, published]).toEqual([false, true])
    const patched = await send('PATCH', '/api/flags/large.f1', { as: ADMIN, body: { rollout: 0 } })
    expect(patched.status).toBe(200)
  })

  it('one segment over the quota is refused, alone and in an import', async () => {
    await fill(
      `INSERT INTO segment SELECT 's' || i, NULL, '[]', '[]', '[]', 1, 0, 0 FROM n`,
      MAX_SEGMENTS,
    )
    const more = { format: 'indietix-flags', version: 1, flags: [], segments: [{ key: 'more' }] }
    for (const refused of [
      send('PUT', '/api/segments/more', { as: ADMIN, body: {} }),
      send('POST', '/api/import', { as: ADMIN, body: more }),
    ])
      expect(await problem(refused)).toMatchObject({
        status: 409,
        errorDetails: 'there are 1000 segments, and the limit is 1000: delete some first',
      })
    await send('DELETE', '/api/segments/s1', { as: ADMIN, body: {} })
    expect((await send('PUT', '/api/segments/more', { as: ADMIN, body: {} })).status).toBe(201)
  })

  it('one key over the quota is refused until a key is revoked', async () => {
    const [{ n }] = (await rows('SELECT count(*) AS n FROM api_key')) as [{ n: number }]
    await fill(
      `INSERT INTO api_key SELECT 'k' || i, 'k' || i, 'viewer', 'h' || i, 0, NULL, NULL, NULL FROM n`,
      MAX_KEYS - n,
    )
    expect(await problem(makeOneMore())).toMatchObject({
      status: 409,
      errorDetails: 'there are 1000 keys: revoke some first',
    })
    await send('DELETE', '/api/keys/k1', { as: ADMIN })
    expect((await makeOneMore()).status).toBe(201)
  })

  it('one experiment over the quota is refused', async () => {
    await fill(
      `INSERT INTO experiment (key, variants, status, version, created_at, updated_at) SELECT 'e' || i, '[]', 'DRAFT', 1, 0, 0 FROM n`,
      MAX_EXPERIMENTS - 1,
    )
    const refused = send('POST', '/api/experiments', {
      as: ADMIN,
      body: { key: 'one-more', variants: HALVES },
    })
    expect(await problem(refused)).toMatchObject({
      status: 409,
      errorDetails:
        '1000 experiments are not stopped; the limit is 1000: delete drafts, or stop experiments that have their answer',
    })
  })
})

it('OpenAPI: every operation but health documents 429', async () => {
  const operations = listOperations(await readDocument())
  const without = operations.filter(({ responses }) => !('429' in responses))
  expect(without.map(({ operationId }) => operationId)).toEqual(['health'])
})
