import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, CLIENT, putFlag, seedKeys, send, sendWith, problem, json } from '../support/api.ts'
import { listOperations, readDocument } from '../support/openapi.ts'

const ROOT = 'root-token'
const isolate = { ...env, ADMIN_TOKEN: ROOT }

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
})

describe('Administration with an unknown query parameter', () => {
  it('answers 400 on every route, and names the parameter', async () => {
    const operations = listOperations(await readDocument()).filter(({ path }) =>
      path.startsWith('/api/'),
    )
    expect(operations.length).toBeGreaterThan(35)
    for (const { method, path, responses } of operations) {
      const address = `${path.replaceAll(/\{\w+\}/g, 'x')}?utm_source=mail`
      const as = path.startsWith('/api/break-glass') ? ROOT : ADMIN
      const refused = await problem(sendWith(isolate, method, address, { as }))
      expect([method, path, refused.status, refused.issues?.[0]?.path]).toEqual([
        method,
        path,
        400,
        'utm_source',
      ])
      expect(Object.keys(responses)).toContain('400')
    }
  })

  it('answers 401 to a caller without a credential, whatever the query', async () => {
    const calls = [
      ['GET', '/api/flags'],
      ['POST', '/api/break-glass/on'],
    ] as const
    for (const [method, path] of calls)
      expect((await send(method, `${path}?x=1`, {})).status).toBe(401)
  })

  it('names the parameters that the route takes', async () => {
    expect(await problem(send('GET', '/api/audit?limitt=3&actor=a', { as: ADMIN }))).toMatchObject({
      status: 400,
      errorCode: 'INVALID_REQUEST',
      errorDetails:
        'limitt: there is no such query parameter; the route takes limit, cursor, target and actor',
    })
    expect((await problem(send('GET', '/api/me?x', { as: ADMIN }))).errorDetails).toBe(
      'x: there is no such query parameter; the route takes none',
    )
    const metrics = '/api/experiments/none/metrics.csv?form=2026-01-01T00:00:00Z'
    expect((await problem(send('GET', metrics, { as: ADMIN }))).errorDetails).toMatch(
      /the route takes from, to, .*baseline and by$/,
    )
  })

  it('answers 404 where there is no route, whatever the query', async () => {
    expect((await problem(send('GET', '/api/none?x=1', { as: ADMIN }))).status).toBe(404)
  })
})

describe('Evaluation with an unknown query parameter', () => {
  it('answers as without it, because proxies and pages add parameters to addresses', async () => {
    const body = { context: { userId: 'u-1' } }
    for (const path of ['/v1/flags/evaluate', '/v1/bundle', '/ofrep/v1/evaluate/flags']) {
      const plain = await json(send('POST', path, { as: CLIENT, body }))
      const answer = send('POST', `${path}?utm_source=mail&_=1732870000`, { as: CLIENT, body })
      expect((await answer).status).toBe(200)
      expect(await json(answer)).toEqual(plain)
    }
    expect((await send('GET', '/health?probe=1', {})).status).toBe(200)
  })
})
