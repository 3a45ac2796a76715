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

describe('evaluate', () => {
  it('answers every flag when none is named', async () => {
    const { flags, version, ...rest } = await evaluate({ userId: 'u-1', role: 'ADMIN' })
    expect(Object.keys(flags).toSorted()).toEqual(
      ['admins', 'constructor', 'half', 'invited', 'off', 'on'].toSorted(),
    )
    expect(flags).toMatchObject({ admins: true, invited: true, off: false, on: true })
    expect(version).toBe(made.version)
    expect(rest).toEqual({})
  })

  it('answers only the flags that are named', async () => {
    expect(await evaluate({}, ['on', 'off'])).toEqual({
      flags: { on: true, off: false },
      version: made.version,
    })
  })

  it('answers nothing when nothing is named', async () => {
    expect(await evaluate({}, [])).toEqual({ flags: {}, version: made.version })
  })

  it('names the keys that no flag has, and answers the others all the same', async () => {
    expect(await evaluate({}, ['on', 'no.such_flag', 'Nor This'])).toEqual({
      flags: { on: true },
      unknown: ['no.such_flag', 'Nor This'],
      version: made.version,
    })
  })

  it.each(['__proto__', 'prototype', 'toString', 'hasOwnProperty', '', '🎫'])(
    'knows no flag called %j',
    async (key) => {
      expect(await evaluate({}, [key])).toMatchObject({ flags: {}, unknown: [key] })
    },
  )

  it('knows the flag called constructor, because someone made it', async () => {
    const { flags } = await evaluate({}, ['constructor'])
    expect(Object.entries(flags)).toEqual([['constructor', true]])
  })

  it('answers a key that is named twice once', async () => {
    expect(await evaluate({}, ['on', 'on', 'none', 'none'])).toMatchObject({
      flags: { on: true },
      unknown: ['none'],
    })
  })

  it('tells a client key and a server key the same', async () => {
    const body = { context: { userId: 'u-7' } }
    const answers = [CLIENT, SERVER].map((as) =>
      json(send('POST', `/v1/flags/evaluate?minVersion=${made.version}`, { as, body })),
    )
    const [client, server] = await Promise.all(answers)
    expect(client).toEqual(server)
  })

  it('leaves a split flag off for someone without an id, and answers the others', async () => {
    expect((await evaluate({}, ['half', 'on'])).flags).toEqual({ half: false, on: true })
  })
})

describe('the context', () => {
  const contexts: [string, object, string, boolean][] = [
    ['takes targetingKey for userId', { targetingKey: 'u-1' }, 'invited', true],
    ['prefers targetingKey', { targetingKey: 'u-2', userId: 'u-1' }, 'invited', false],
    ['falls back from a blank targetingKey', { targetingKey: ' ', userId: 'u-1' }, 'invited', true],
    ['takes null for absent', { userId: null, role: null, city: null }, 'admins', false],
    ['may carry what nobody knows', { role: 'ADMIN', plan: { of: ['any', 1] } }, 'admins', true],
    ['compares exactly', { role: 'admin' }, 'admins', false],
  ]
  it.each(contexts)('%s', async (_, context, key, value) => {
    expect((await evaluate(context, [key])).flags).toEqual({ [key]: value })
  })

  it.each([
    '{"context":{"__proto__":{"role":"ADMIN"}},"keys":["admins"]}',
    '{"context":{"constructor":{"prototype":{"role":"ADMIN"}}},"keys":["admins"]}',
    '{"__proto__":{"context":{"role":"ADMIN"}},"context":{},"keys":["admins"]}',
  ])('grants no role by way of a prototype: %s', async (body) => {
    const answer = send('POST', `/v1/flags/evaluate?minVersion=${made.version}`, {
      as: CLIENT,
      body,
    })
    expect((await json(answer)).flags).toEqual({ admins: false })
    expect({}).not.toHaveProperty('role')
  })

  it('counts as it stands last when a body says it twice', async () => {
    const body = '{"context":{"role":"ADMIN"},"context":{"role":"GUEST"},"keys":["admins"]}'
    const answer = send('POST', `/v1/flags/evaluate?minVersion=${made.version}`, {
      as: CLIENT,
      body,
    })
    expect((await json(answer)).flags).toEqual({ admins: false })
  })
})

describe('an answer', () => {
  it('says which snapshot it comes from, how old that is, and that no cache may keep it', async () => {
    const { status, headers } = await ask({ context: {} })
    expect(status).toBe(200)
    expect(headers.get('X-Snapshot-Version')).toBe(String(made.version))
    expect(headers.get('X-Snapshot-Age')).toMatch(/^\d+$/)
    expect(headers.get('Cache-Control')).toBe('private, no-store')
    expect(headers.get('Content-Type')).toBe('application/json')
  })

  it('comes from what there is when a version is named that does not exist yet', async () => {
    const answer = await send('POST', '/v1/flags/evaluate?minVersion=999999', {
      as: CLIENT,
      body: { context: {}, keys: [] },
    })
    expect(answer.status).toBe(200)
    expect((await json<{ version: number }>(answer)).version).toBeLessThan(999_999)
  })

  it.each(['', 'x', '-1', '1e400', 'NaN', '1.5', '9'.repeat(40), '%00', '1&minVersion=2'])(
    'comes all the same when the version that is named is none: %s',
    async (version) => {
      const answer = send('POST', `/v1/flags/evaluate?minVersion=${version}`, {
        as: CLIENT,
        body: { context: {}, keys: ['on'] },
      })
      expect(await json(answer)).toMatchObject({ flags: { on: true } })
    },
  )
})

it('a change of one flag is told by the answer that names its version, of this flag alone', async () => {
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
