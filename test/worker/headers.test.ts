import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, CLIENT, putFlag, seedKeys, send, sendWith, watchConsole } from '../support/api.ts'
import { calls } from '../support/calls.ts'
import { lyingD1 } from '../support/faults.ts'

const logged = watchConsole()

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
})

const ALWAYS = {
  'cache-control': 'private, no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-request-id': expect.stringMatching(/^[\w.-]{1,64}$/),
}

const readHeaders = async (answer: Promise<Response>) => {
  const { headers, body } = await answer
  await body?.cancel()
  return Object.fromEntries(headers)
}

it.each(calls)('Security headers: %s %d has them', async (_, __, method, path, sent) => {
  const named = { ...sent, headers: { 'X-Request-Id': 'order-77', ...sent.headers } }
  const headers = await readHeaders(send(method, path, named))
  const { 'cache-control': caching, ...rest } = { ...ALWAYS, 'x-request-id': 'order-77' }
  expect(headers).toMatchObject(rest)
  expect(['private, no-store', 'no-store']).toContain(headers['cache-control'] ?? caching)
})

it.each([
  ['an unknown path', 'GET', '/nothing<script>', undefined],
  ['a refused preflight', 'OPTIONS', '/api/flags', 'https://evil.test'],
  ['the OpenAPI document', 'GET', '/openapi.json', undefined],
])('Security headers: %s has them', async (_, method, path, origin) => {
  const answer = send(method, path, { headers: { ...(origin && { Origin: origin }) } })
  expect(await readHeaders(answer)).toMatchObject(ALWAYS)
})

it('The admin API: no other origin may read it, its refusals included', async () => {
  for (const [as, origin] of [
    [ADMIN, 'https://evil.test'],
    [undefined, 'https://evil.test'],
    [ADMIN, 'https://flags.test'],
  ] as const)
    for (const [method, path] of [
      ['GET', '/api/flags'],
      ['OPTIONS', '/api/flags'],
      ['DELETE', '/api/users/u'],
      ['POST', '/api/session'],
    ] as const) {
      const headers = await readHeaders(send(method, path, { as, headers: { Origin: origin } }))
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
})

const toId = async (headers: Record<string, string>) =>
  (await readHeaders(send('GET', '/health', { headers })))['x-request-id']

describe('Request id', () => {
  it('the id is that of the caller, else of Cloudflare, else a new one', async () => {
    expect(await toId({ 'X-Request-Id': 'order-77', 'CF-Ray': '8f0-BOM' })).toBe('order-77')
    expect(await toId({ 'CF-Ray': '8f0-BOM' })).toBe('8f0-BOM')
    expect(await toId({})).not.toBe(await toId({}))
  })

  it.each(['', 'a b', 'x'.repeat(65), '"}{"event":"forged"', 'é'])(
    'an id that could forge a log line is replaced: %j',
    async (id) => {
      expect(await toId({ 'X-Request-Id': id })).toMatch(/^[0-9a-f-]{36}$/)
    },
  )

  it('the answer and its log line have the same id, and the log has the route without parameters', async () => {
    const { d1, control } = lyingD1(env.DB)
    control.mode = 'down'
    const answer = await sendWith({ ...env, DB: d1 }, 'GET', '/api/flags/on', {
      as: ADMIN,
      headers: { 'X-Request-Id': 'find-me' },
    })
    expect([answer.status, answer.headers.get('X-Request-Id')]).toEqual([503, 'find-me'])
    expect(logged.flat()).toContainEqual(
      expect.objectContaining({
        event: 'request.failed',
        requestId: 'find-me',
        route: 'GET /api/flags/:key',
      }),
    )
  })

  it.each(['/v1/flags/evaluate', '/v1/bundle', '/ofrep/v1/evaluate/flags'])(
    'a refusal gets a new id, and an answer without a log line gets none: %s',
    async (path) => {
      const readId = async (body: unknown) =>
        (await readHeaders(send('POST', path, { as: CLIENT, body })))['x-request-id']
      expect(await readId({ context: 7 })).toMatch(/^[0-9a-f-]{36}$/)
      expect(await readId({ context: {} })).toBeUndefined()
    },
  )

  it('a page of another origin can read the id, to give it to support', async () => {
    const answer = await send('POST', '/v1/flags/evaluate', {
      as: CLIENT,
      body: { context: {} },
      headers: { Origin: 'https://tickets.test' },
    })
    expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('X-Request-Id')
    await answer.body?.cancel()
  })
})
