import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, CLIENT, json, putFlag, seedKeys, send, SERVER } from '../support/api.ts'

/** The snapshot version that knows the flags of this file. */
const made = { version: 0 }

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  await putFlag('off', { enabled: false })
  await putFlag('admins', { rules: { roles: ['ADMIN'] } })
  await putFlag('half', { rollout: 50 })
  await putFlag('invited', { rollout: 0, rules: { allowList: ['u-1'] } })
  made.version = (await putFlag('constructor')).snapshotVersion
})

const ask = (body: object, query = '') =>
  send('POST', `/v1/flags/evaluate?minVersion=${made.version}${query}`, { as: CLIENT, body })
const evaluate = (context: object, keys?: string[]) =>
  json<{ flags: Record<string, boolean>; unknown?: string[]; version: number }>(
    ask({ context, ...(keys && { keys }) }),
  )

describe('POST /v1/flags/evaluate', () => {
  it('a request without keys gets every flag', async () => {
    const { flags, version, ...rest } = await evaluate({ userId: 'u-1', role: 'ADMIN' })
    expect(Object.keys(flags).toSorted()).toEqual(
      ['admins', 'constructor', 'half', 'invited', 'off', 'on'].toSorted(),
    )
    expect(flags).toMatchObject({ admins: true, invited: true, off: false, on: true })
    expect(version).toBe(made.version)
    expect(rest).toEqual({})
  })

  it('a request with keys gets only those flags', async () => {
    expect(await evaluate({}, ['on', 'off'])).toEqual({
      flags: { on: true, off: false },
      version: made.version,
    })
  })

  it('an empty list of keys gets no flag', async () => {
    expect(await evaluate({}, [])).toEqual({ flags: {}, version: made.version })
  })

  it('unknown keys are listed, and the other flags are answered', async () => {
    expect(await evaluate({}, ['on', 'no.such_flag', 'Nor This'])).toEqual({
      flags: { on: true },
      unknown: ['no.such_flag', 'Nor This'],
      version: made.version,
    })
  })

  it.each(['__proto__', 'prototype', 'toString', 'hasOwnProperty', '', '🎫'])(
    '%j is an unknown flag',
    async (key) => {
      expect(await evaluate({}, [key])).toMatchObject({ flags: {}, unknown: [key] })
    },
  )

  it('constructor can be the key of a flag', async () => {
    const { flags } = await evaluate({}, ['constructor'])
    expect(Object.entries(flags)).toEqual([['constructor', true]])
  })

  it('a repeated key is answered once', async () => {
    expect(await evaluate({}, ['on', 'on', 'none', 'none'])).toMatchObject({
      flags: { on: true },
      unknown: ['none'],
    })
  })

  it('client and server keys get the same answer', async () => {
    const body = { context: { userId: 'u-7' } }
    const answers = [CLIENT, SERVER].map((as) =>
      json(send('POST', `/v1/flags/evaluate?minVersion=${made.version}`, { as, body })),
    )
    const [client, server] = await Promise.all(answers)
    expect(client).toEqual(server)
  })

  it('a split flag is off without a user id, and the other flags are answered', async () => {
    expect((await evaluate({}, ['half', 'on'])).flags).toEqual({ half: false, on: true })
  })
})

describe('The context of POST /v1/flags/evaluate', () => {
  const contexts: [string, object, string, boolean][] = [
    ['targetingKey stands for userId', { targetingKey: 'u-1' }, 'invited', true],
    ['targetingKey wins over userId', { targetingKey: 'u-2', userId: 'u-1' }, 'invited', false],
    [
      'userId counts when targetingKey is blank',
      { targetingKey: ' ', userId: 'u-1' },
      'invited',
      true,
    ],
    ['null means absent', { userId: null, role: null, city: null }, 'admins', false],
    ['unknown attributes are ignored', { role: 'ADMIN', plan: { of: ['any', 1] } }, 'admins', true],
    ['attributes are compared exactly', { role: 'admin' }, 'admins', false],
  ]
  it.each(contexts)('%s', async (_, context, key, value) => {
    expect((await evaluate(context, [key])).flags).toEqual({ [key]: value })
  })

  it.each([
    '{"context":{"__proto__":{"role":"ADMIN"}},"keys":["admins"]}',
    '{"context":{"constructor":{"prototype":{"role":"ADMIN"}}},"keys":["admins"]}',
    '{"__proto__":{"context":{"role":"ADMIN"}},"context":{},"keys":["admins"]}',
  ])('a prototype grants no role: %s', async (body) => {
    const answer = send('POST', `/v1/flags/evaluate?minVersion=${made.version}`, {
      as: CLIENT,
      body,
    })
    expect((await json(answer)).flags).toEqual({ admins: false })
    expect({}).not.toHaveProperty('role')
  })

  it('the last of two equal members counts', async () => {
    const body = '{"context":{"role":"ADMIN"},"context":{"role":"GUEST"},"keys":["admins"]}'
    const answer = send('POST', `/v1/flags/evaluate?minVersion=${made.version}`, {
      as: CLIENT,
      body,
    })
    expect((await json(answer)).flags).toEqual({ admins: false })
  })
})

describe('The answer of POST /v1/flags/evaluate', () => {
  it('the headers give the snapshot version and its age, and forbid caching', async () => {
    const { status, headers } = await ask({ context: {} })
    expect(status).toBe(200)
    expect(headers.get('X-Snapshot-Version')).toBe(String(made.version))
    expect(headers.get('X-Snapshot-Age')).toMatch(/^\d+$/)
    expect(headers.get('Cache-Control')).toBe('private, no-store')
    expect(headers.get('Content-Type')).toBe('application/json')
  })

  it('a minVersion in the future gets the newest snapshot', async () => {
    const answer = await send('POST', '/v1/flags/evaluate?minVersion=999999', {
      as: CLIENT,
      body: { context: {}, keys: [] },
    })
    expect(answer.status).toBe(200)
    expect((await json<{ version: number }>(answer)).version).toBeLessThan(999_999)
  })

  it.each(['', 'x', '-1', '1e400', 'NaN', '1.5', '9'.repeat(40), '%00', '1&minVersion=2'])(
    'an invalid minVersion is ignored: %s',
    async (version) => {
      const answer = send('POST', `/v1/flags/evaluate?minVersion=${version}`, {
        as: CLIENT,
        body: { context: {}, keys: ['on'] },
      })
      expect(await json(answer)).toMatchObject({ flags: { on: true } })
    },
  )
})

it('an answer with the version of an edit shows the edit, and other flags are unchanged', async () => {
  await putFlag('moving.a')
  await putFlag('moving.b')
  const edit = await json<{ snapshotVersion: number }>(
    send('PATCH', '/api/flags/moving.a', { as: ADMIN, body: { enabled: false } }),
  )
  const answer = send('POST', `/v1/flags/evaluate?minVersion=${edit.snapshotVersion}`, {
    as: CLIENT,
    body: { context: {}, keys: ['moving.a', 'moving.b'] },
  })
  expect(await json(answer)).toEqual({
    flags: { 'moving.a': false, 'moving.b': true },
    version: edit.snapshotVersion,
  })
})
