import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  ADMIN,
  CLIENT,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
  watchConsole,
} from '../support/api.ts'

/** Stays empty: what a caller can send is no event of ours. */
const logged = watchConsole()

beforeAll(async () => {
  await seedKeys()
  await putFlag('target')
  await send('POST', '/v1/flags/evaluate', { as: CLIENT, body: { context: {} } })
})

/** Operations that take a body; what refuses it stands before all of them. */
const operations: [string, string, string][] = [
  ['POST', '/v1/flags/evaluate', CLIENT],
  ['POST', '/ofrep/v1/evaluate/flags', CLIENT],
  ['POST', '/ofrep/v1/evaluate/flags/target', CLIENT],
  ['PUT', '/api/flags/target', ADMIN],
  ['PATCH', '/api/flags/target', ADMIN],
  ['POST', '/api/explain', ADMIN],
  ['POST', '/api/keys', ADMIN],
]

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const objects = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
const bytes = (size: number) => `{"context":{"x":"${'x'.repeat(size - 20)}"}}`

const inParts = (text: string) => {
  const encoder = new TextEncoder()
  const parts = text.match(/[^]{1,4096}/g) ?? []
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift()
      if (part === undefined) controller.close()
      else controller.enqueue(encoder.encode(part))
    },
  })
}

const badJson = { status: 400, errorCode: 'PARSE_ERROR', errorDetails: /not valid JSON/ }
const notAnObject = { status: 400, errorCode: 'PARSE_ERROR', errorDetails: /expected object/ }
const tooDeep = { status: 400, errorCode: 'PARSE_ERROR', errorDetails: /at most 32 deep/ }
const tooLarge = { status: 413, errorCode: 'PAYLOAD_TOO_LARGE', errorDetails: /64 KB/ }
const notJson = {
  status: 415,
  errorCode: 'UNSUPPORTED_MEDIA_TYPE',
  errorDetails: /Content-Type: application\/json/,
}

/** A body, how it is sent, and what every operation answers to it. */
const bodies: [string, () => unknown, Record<string, string>, typeof badJson][] = [
  ['that is not JSON', () => 'context=1', {}, badJson],
  ['that is cut off', () => '{"context":{"userId":"u-', {}, badJson],
  ['that goes on after its end', () => '{"context":{}} {}', {}, badJson],
  ['with a comment in it', () => '{"context":{} /* all */}', {}, badJson],
  ['with NaN in it', () => '{"context":{"userId":NaN}}', {}, badJson],
  ['that is a list', () => '[]', {}, notAnObject],
  ['that is a list in 10,000 lists', () => nested(10_000), {}, tooDeep],
  ['that is a list in 32 lists', () => nested(32), {}, notAnObject],
  ['that is a string', () => '"context"', {}, notAnObject],
  ['that is null', () => 'null', {}, notAnObject],
  ['of 65 KB', () => bytes(65 * 1024), {}, tooLarge],
  ['of one byte over 64 KB', () => bytes(64 * 1024 + 1), {}, tooLarge],
  ['of 65 KB in parts, with no length given', () => inParts(bytes(65 * 1024)), {}, tooLarge],
  ['with the type of text', () => '{"context":{}}', { 'Content-Type': 'text/plain' }, notJson],
  [
    'that says it is a form',
    () => 'context=1',
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    notJson,
  ],
  ['with the type application/jsonp', () => '{}', { 'Content-Type': 'application/jsonp' }, notJson],
  ['without a Content-Type', () => '{"context":{}}', { 'Content-Type': '' }, notJson],
]

describe.each(operations)('%s %s', (method, path, as) => {
  it.each(bodies)(
    'a body %s is refused, changes nothing and logs nothing',
    async (_, body, headers, expected) => {
      const before = await recorded()
      const refusal = await problem(send(method, path, { as, body: body(), headers }))
      expect(refusal).toMatchObject({
        ...expected,
        errorDetails: expect.stringMatching(expected.errorDetails),
      })
      expect(await recorded()).toEqual(before)
      expect(logged).toEqual([])
    },
  )

  it('a missing body is not an empty object', async () => {
    const before = await recorded()
    for (const body of [undefined, ''])
      expect(await problem(send(method, path, { as, body }))).toMatchObject({ status: 400 })
    expect(await recorded()).toEqual(before)
  })
})

it('an aborted body is not a missing body', async () => {
  const before = await recorded()
  const body = new ReadableStream({ start: (sink) => sink.error(new Error('gone')) })
  // Straight to the app: on the way through a binding, such a body becomes an empty one.
  const sent = { as: ADMIN, body, headers: { 'Content-Length': '20' } }
  expect(await problem(sendWith(env, 'DELETE', '/api/flags/target', sent))).toMatchObject({
    status: 400,
    errorCode: 'PARSE_ERROR',
  })
  expect(await recorded()).toEqual(before)
})

describe.each(operations.slice(0, 3))('%s %s', (method, path, as) => {
  const wrong: [string, string, string][] = [
    ['no context', '{}', 'context'],
    ['a context of null', '{"context":null}', 'context'],
    ['a list for a context', '{"context":[]}', 'context'],
    ['a string for a context', '{"context":"u-1"}', 'context'],
    ['an id of 257 characters', `{"context":{"userId":"${'x'.repeat(257)}"}}`, 'context.userId'],
    [
      '101 categories',
      JSON.stringify({ context: { categories: Array(101).fill('a') } }),
      'context.categories',
    ],
  ]
  it.each(wrong)('the answer to %s names its place', async (_, body, place) => {
    const refusal = await problem(send(method, path, { as, body }))
    expect(refusal).toMatchObject({
      status: 400,
      errorCode: 'INVALID_CONTEXT',
      errorDetails: expect.stringContaining(`${place}: `),
      issues: [{ path: place }],
    })
    expect(logged).toEqual([])
  })

  // An attribute of another type is missing (test/vectors/contexts.json has the values).
  it.each([
    ['of 64 KB', bytes(64 * 1024)],
    ['with a number for an id', '{"context":{"userId":1}}'],
    ['with an object for an id', '{"context":{"targetingKey":{}}}'],
    ['with a list of roles', '{"context":{"role":["ADMIN"]}}'],
    ['with a number for a city', '{"context":{"city":7}}'],
    ['with a boolean for a category', '{"context":{"category":true}}'],
    ['with a string for categories', '{"context":{"categories":"music"}}'],
    ['with a number in categories', '{"context":{"categories":["a",1]}}'],
    ['with a category in 30 lists', `{"context":{"category":${nested(30)}}}`],
    ['with 30 objects in one another', `{"context":${objects(30)}}`],
    ['with 30 lists in one another', `{"context":{"x":${nested(30)}}}`],
    ['with a thousand brackets in a string', `{"context":{"x":"${'[{'.repeat(500)}"}}`],
    ['with a thousand lists beside one another', `{"context":{"x":[${'[],'.repeat(999)}[]]}}`],
    ['with an escaped quote before brackets', `{"context":{"x":"\\"${'['.repeat(99)}"}}`],
    ['with half a character in it', String.raw`{"context":{"userId":"\ud800"}}`],
    ['with a NUL in it', String.raw`{"context":{"userId":"\u0000"}}`],
    ['with space around it', ' \n{"context":{}}\t'],
  ])('a body %s is accepted', async (_, body) => {
    expect((await send(method, path, { as, body })).status).toBe(200)
  })

  it.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.api+json'])(
    'the type %s is accepted',
    async (type) => {
      const answer = await send(method, path, {
        as,
        body: '{"context":{}}',
        headers: { 'Content-Type': type },
      })
      expect(answer.status).toBe(200)
    },
  )

  it('a body in parts, without a length, is accepted', async () => {
    const answer = await send(method, path, { as, body: inParts(bytes(64 * 1024)) })
    expect(answer.status).toBe(200)
  })
})

it.each([
  ['keys that are not a list', '{"context":{},"keys":"on"}', 'keys'],
  ['a key that is not a string', '{"context":{},"keys":["on",1]}', 'keys.1'],
  ['a key of 129 characters', `{"context":{},"keys":["${'x'.repeat(129)}"]}`, 'keys.0'],
  ['5,001 keys', JSON.stringify({ context: {}, keys: Array(5_001).fill('on') }), 'keys'],
])('POST /v1/flags/evaluate: the answer to %s names its place', async (_, body, place) => {
  expect(await problem(send('POST', '/v1/flags/evaluate', { as: CLIENT, body }))).toMatchObject({
    status: 400,
    errorCode: 'INVALID_REQUEST',
    issues: [{ path: place }],
  })
})

it.each([
  ['GET', '/v1/flags/evaluated'],
  ['POST', '/v1/flags'],
  ['PUT', '/ofrep/v1/evaluate'],
  ['GET', '/'],
  ['GET', '/.env'],
  ['GET', '/%'],
  ['GET', '/v1/%2e%2e%2f%2e%2e%2fetc/passwd'],
])('%s %s answers 404 and says where to look', async (method, path) => {
  const body = method === 'GET' ? undefined : { context: {} }
  expect(await problem(send(method, path, { as: ADMIN, body }))).toMatchObject({
    status: 404,
    errorCode: 'NOT_FOUND',
    errorDetails: expect.stringContaining('/openapi.json'),
  })
})

const many = (text: string, count: number) => Array.from({ length: count }, () => text).join(',')
const manyLists = (name: string, flags: number) => {
  const flag = `{"key":"a","rules":{"roles":[${many(name, 1_600)}]}}`
  return `{"format":"indietix-flags","version":1,"flags":[${many(flag, flags)}]}`
}

it.each([
  [
    'a batch of 131,000 numbers',
    CLIENT,
    'POST',
    '/v1/exposures',
    `{"exposures":[${many('1', 131_000)}]}`,
  ],
  [
    'a batch of 87,000 empty objects',
    CLIENT,
    'POST',
    '/v1/events',
    `{"events":[${many('{}', 87_000)}]}`,
  ],
  ['640,000 empty names', ADMIN, 'POST', '/api/import', manyLists('""', 400)],
  ['640,000 numbers for names', ADMIN, 'POST', '/api/import', manyLists('1', 400)],
  [
    '5,000 empty names',
    ADMIN,
    'PUT',
    '/api/flags/target',
    `{"rules":{"roles":[${many('""', 5_000)}]}}`,
  ],
  [
    '5,000 numbers for keys',
    CLIENT,
    'POST',
    '/v1/flags/evaluate',
    `{"context":{},"keys":[${many('1', 5_000)}]}`,
  ],
  [
    'one member with a very long name',
    ADMIN,
    'PUT',
    '/api/flags/target',
    `{"${'x'.repeat(60_000)}":1}`,
  ],
])('A large wrong body gets a short answer: %s', async (_, as, method, path, body) => {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await send(method, path, { as, body, headers })
  const text = await answer.text()
  const isBatch = path === '/v1/exposures' || path === '/v1/events'
  expect([answer.status, text.slice(0, 14)]).toEqual([isBatch ? 413 : 400, '{"errorCode":"'])
  expect(text.length).toBeLessThan(20_000)
  expect(logged).toEqual([])
})

it('A large body with one mistake: the answer names it', async () => {
  const flags = Array.from({ length: 2_000 }, (_, index) => ({
    key: `large.f${index}`,
    rollout: 1,
  }))
  const wrong = [...flags, { key: 'large.last', rollout: 101 }]
  const body = { format: 'indietix-flags', version: 1, flags: wrong }
  expect(JSON.stringify(body).length).toBeGreaterThan(64 * 1024)
  const { status, issues } = await problem(send('POST', '/api/import', { as: ADMIN, body }))
  expect([status, issues?.map(({ path }) => path)]).toEqual([400, ['flags.2000.rollout']])
})
