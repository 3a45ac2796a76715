import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, CLIENT, putFlag, seedKeys, send, sendWith } from '../support/api.ts'

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
})

const evaluation = [
  '/v1/flags/evaluate',
  '/ofrep/v1/evaluate/flags',
  '/ofrep/v1/evaluate/flags/on',
] as const

const readNames = (headers: Headers, name: string) =>
  new Set(
    headers
      .get(name)
      ?.split(',')
      .map((entry) => entry.trim()),
  )

const preflight = (
  path: string,
  origin: string,
  bindings = env,
  requested = 'authorization,content-type,if-none-match',
) =>
  sendWith(bindings, 'OPTIONS', path, {
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': requested,
    },
  })

const evaluateFrom = (path: string, origin: string, bindings = env) =>
  sendWith(bindings, 'POST', path, {
    as: CLIENT,
    body: { context: {} },
    headers: { Origin: origin },
  })

const readAllowedOrigin = (answer: Response) => answer.headers.get('Access-Control-Allow-Origin')

describe.each(evaluation)('A page of another origin at %s', (path) => {
  it('the page may send its key, its ETag and its request id', async () => {
    const answer = await preflight(path, 'https://tickets.test')
    expect(answer.status).toBe(204)
    expect(readAllowedOrigin(answer)).toBe('*')
    expect(readNames(answer.headers, 'Access-Control-Allow-Methods')).toContain('POST')
    const headers = readNames(answer.headers, 'Access-Control-Allow-Headers')
    for (const name of [
      'Authorization',
      'X-API-Key',
      'X-User-Token',
      'X-Request-Id',
      'Content-Type',
      'If-None-Match',
    ])
      expect(headers).toContain(name)
  })

  it('the page may read the answer and the headers that clients use', async () => {
    const answer = await evaluateFrom(path, 'https://tickets.test')
    expect(answer.status).toBe(200)
    expect(readAllowedOrigin(answer)).toBe('*')
    expect(readNames(answer.headers, 'Access-Control-Expose-Headers')).toEqual(
      new Set(['ETag', 'Retry-After', 'X-Request-Id', 'X-Snapshot-Version', 'X-Snapshot-Age']),
    )
  })

  it('the page may read why it was refused', async () => {
    const headers = { Origin: 'https://tickets.test' }
    const refusals = [
      await send('POST', path, { headers, body: { context: {} } }),
      await send('POST', path, { headers, as: CLIENT, body: '{' }),
      await send('POST', path, { headers, as: CLIENT, body: 'x'.repeat(70_000) }),
      await send('POST', path, { headers: { ...headers, 'Content-Type': 'text/css' }, body: 'x' }),
      await send('POST', `${path}/no/such/thing`, { headers, as: CLIENT, body: {} }),
    ]
    expect(refusals.map(({ status }) => status)).toEqual([401, 400, 413, 415, 404])
    expect(refusals.map(readAllowedOrigin)).toEqual(['*', '*', '*', '*', '*'])
  })

  it('the page never sends cookies along', async () => {
    const answers = [
      await preflight(path, 'https://a.test'),
      await evaluateFrom(path, 'https://a.test'),
    ]
    for (const { headers } of answers)
      expect(headers.has('Access-Control-Allow-Credentials')).toBe(false)
  })
})

it('the page may read a 304 too', async () => {
  const headers = { Origin: 'https://tickets.test', 'If-None-Match': '*' }
  const answer = await send('POST', '/ofrep/v1/evaluate/flags', {
    as: CLIENT,
    body: { context: {} },
    headers,
  })
  expect([answer.status, readAllowedOrigin(answer)]).toEqual([304, '*'])
})

describe('Preflight', () => {
  const [path] = evaluation
  const allowedHeaders = async (requested: string) =>
    readNames(
      (await preflight(path, 'https://tickets.test', env, requested)).headers,
      'Access-Control-Allow-Headers',
    )

  it.each([
    'traceparent',
    'tracestate',
    'baggage',
    'sentry-trace',
    'x-datadog-origin',
    'x-datadog-parent-id',
    'x-datadog-sampling-priority',
    'x-datadog-tags',
    'x-datadog-trace-id',
    'b3',
    'x-b3-traceid',
    'x-b3-spanid',
    'x-b3-parentspanid',
    'x-b3-sampled',
    'x-b3-flags',
    'newrelic',
    'elastic-apm-traceparent',
    'uber-trace-id',
    'x-amzn-trace-id',
    'x-cloud-trace-context',
    'request-id',
    'request-context',
    'x-instana-t',
    'x-dtc',
    'x-correlation-id',
    'x-requested-with',
    'cache-control',
    'pragma',
    'accept-version',
  ])('allows the header %s', async (name) => {
    expect(await allowedHeaders(`authorization,content-type,${name}`)).toContain(name)
  })

  it('allows the headers of our clients when the page asks for none', async () => {
    const answer = await sendWith(env, 'OPTIONS', path, {
      headers: { Origin: 'https://tickets.test', 'Access-Control-Request-Method': 'POST' },
    })
    expect(readNames(answer.headers, 'Access-Control-Allow-Headers')).toContain('If-None-Match')
  })

  it('the answer leaves out an invalid header name', async () => {
    const names = await allowedHeaders('traceparent, a b, "x", <script>, x:y, , b3')
    const rest = [...names].filter((name) => name === name.toLowerCase())
    expect(rest).toEqual(['traceparent', 'b3'])
  })

  it('a list of names that is too long is ignored', async () => {
    const names = Array.from({ length: 500 }, (_, number) => `x-name-${number}`)
    expect(await allowedHeaders(names.join(','))).not.toContain('x-name-0')
  })

  it('the answer allows no credentials, whichever headers it allows', async () => {
    const answer = await preflight(path, 'https://tickets.test', env, 'cookie,traceparent')
    expect(answer.headers.has('Access-Control-Allow-Credentials')).toBe(false)
  })
})

describe('ALLOWED_ORIGINS is a list', () => {
  const bindings = { ...env, ALLOWED_ORIGINS: 'https://a.test, https://b.test' }

  it('allows each page with one label under a wildcard', async () => {
    const [path] = evaluation
    const previews = { ...env, ALLOWED_ORIGINS: 'https://*.preview.test' }
    const origins = ['https://a.preview.test', 'https://a.b.preview.test', 'https://preview.test']
    const allowed = await Promise.all(
      origins.map(async (origin) => readAllowedOrigin(await preflight(path, origin, previews))),
    )
    expect(allowed).toEqual(['https://a.preview.test', null, null])
  })

  it.each(['https://a.test', 'https://b.test'])('a page of %s may evaluate', async (origin) => {
    const [path] = evaluation
    const answers = [
      await preflight(path, origin, bindings),
      await evaluateFrom(path, origin, bindings),
    ]
    expect(answers.map(readAllowedOrigin)).toEqual([origin, origin])
    for (const { headers } of answers) expect(headers.get('Vary')).toContain('Origin')
  })

  it.each([
    'https://c.test',
    'https://a.test.evil.test',
    'http://a.test',
    'null',
    'https://A.test',
  ])('a page of %s may not evaluate', async (origin) => {
    const [path] = evaluation
    expect(readAllowedOrigin(await preflight(path, origin, bindings))).toBeNull()
    expect(readAllowedOrigin(await evaluateFrom(path, origin, bindings))).toBeNull()
  })

  it('a server without an Origin header is answered', async () => {
    const [path] = evaluation
    const answer = await sendWith(bindings, 'POST', path, { as: CLIENT, body: { context: {} } })
    expect(answer.status).toBe(200)
  })
})

describe('Routes closed to other origins', () => {
  it.each([
    ['GET', '/api/flags'],
    ['GET', '/api/flags/on'],
    ['PUT', '/api/flags/new'],
    ['GET', '/api/me'],
    ['GET', '/api/keys'],
    ['GET', '/health'],
    ['GET', '/openapi.json'],
    ['GET', '/no/such/thing'],
  ])('%s %s has no CORS headers', async (method, path) => {
    const headers = { Origin: 'https://tickets.test' }
    const body = method === 'PUT' ? {} : undefined
    const answers = [
      await send(method, path, { as: ADMIN, headers, body }),
      await preflight(path, 'https://tickets.test'),
    ]
    for (const answer of answers)
      expect(
        [...answer.headers.keys()].filter((name) => name.startsWith('access-control')),
      ).toEqual([])
    expect(answers[1]?.ok).toBe(false)
  })
})

it('ALLOWED_ORIGINS is not set: any page may evaluate', async () => {
  const { ALLOWED_ORIGINS: _, ...bare } = env
  const [path] = evaluation
  const origin = 'https://tickets.test'
  const answer = await evaluateFrom(path, origin, bare)
  expect([answer.status, readAllowedOrigin(answer), answer.headers.get('Vary')]).toEqual([
    200,
    '*',
    null,
  ])
  expect(readAllowedOrigin(await preflight(path, origin, bare))).toBe('*')
  const refused = await sendWith(bare, 'POST', path, { headers: { Origin: origin }, body: {} })
  expect([refused.status, readAllowedOrigin(refused)]).toEqual([401, '*'])
})
