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

const headersOf = async (answer: Promise<Response>) => {
  const { headers, body } = await answer
  await body?.cancel()
  return Object.fromEntries(headers)
}

it.each(calls)('every answer is safe in a browser: %s %d', async (_, __, method, path, sent) => {
  const named = { ...sent, headers: { 'X-Request-Id': 'order-77', ...sent.headers } }
  const headers = await headersOf(send(method, path, named))
  const { 'cache-control': caching, ...rest } = { ...ALWAYS, 'x-request-id': 'order-77' }
  expect(headers).toMatchObject(rest)
  expect(['private, no-store', 'no-store']).toContain(headers['cache-control'] ?? caching)
})

it.each([
  ['an address that is none', 'GET', '/nothing<script>', undefined],
  ['a refused preflight', 'OPTIONS', '/api/flags', 'https://evil.test'],
  ['the description', 'GET', '/openapi.json', undefined],
])('so is %s', async (_, method, path, origin) => {
  const answer = send(method, path, { headers: { ...(origin && { Origin: origin }) } })
  expect(await headersOf(answer)).toMatchObject(ALWAYS)
})

it('the admin API is open to no other origin, not even for its refusals', async () => {
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
      const headers = await headersOf(send(method, path, { as, headers: { Origin: origin } }))
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
})

const idOf = async (headers: Record<string, string>) =>
  (await headersOf(send('GET', '/health', { headers })))['x-request-id']

describe('a request id', () => {
  it("is the caller's, else Cloudflare's, else a new one each time", async () => {
    expect(await idOf({ 'X-Request-Id': 'order-77', 'CF-Ray': '8f0-BOM' })).toBe('order-77')
    expect(await idOf({ 'CF-Ray': '8f0-BOM' })).toBe('8f0-BOM')
    expect(await idOf({})).not.toBe(await idOf({}))
  })

  it.each(['', 'a b', 'x'.repeat(65), '"}{"event":"forged"', 'é'])(
    'that could forge a log line is not taken: %j',
    async (id) => {
      expect(await idOf({ 'X-Request-Id': id })).toMatch(/^[0-9a-f-]{36}$/)
    },
  )

  it('joins the answer and the line in the log, with the route and not the address', async () => {
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
    'is made up for a refusal, and not for an answer that no line in the log is about: %s',
    async (path) => {
      const idIn = async (body: unknown) =>
        (await headersOf(send('POST', path, { as: CLIENT, body })))['x-request-id']
      expect(await idIn({ context: 7 })).toMatch(/^[0-9a-f-]{36}$/)
      expect(await idIn({ context: {} })).toBeUndefined()
    },
  )

  it('can be read by pages of other origins, to be told to support', async () => {
    const answer = await send('POST', '/v1/flags/evaluate', {
      as: CLIENT,
      body: { context: {} },
      headers: { Origin: 'https://tickets.test' },
    })
    expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('X-Request-Id')
    await answer.body?.cancel()
  })
})
