import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, CLIENT, json, problem, putFlag, recorded, seedKeys, send } from '../support/api.ts'

beforeAll(seedKeys)

const text = (length: number) => 'x'.repeat(length)
const names = (count: number) => Array.from({ length: count }, (_, index) => `u-${index}`)

/** The fault, the body, and the path that the answer must name. */
const refused: [string, object, string][] = [
  ['a negative rollout', { rollout: -1 }, 'rollout'],
  ['a rollout over 100', { rollout: 101 }, 'rollout'],
  ['a rollout of four decimals', { rollout: 1.0005 }, 'rollout'],
  ['a rollout below a thousandth', { rollout: 5e-324 }, 'rollout'],
  ['a rollout in quotes', { rollout: '5' }, 'rollout'],
  ['a rollout of null', { rollout: null }, 'rollout'],
  ['a description of 1,001 characters', { description: text(1_001) }, 'description'],
  ['a description that is a number', { description: 1 }, 'description'],
  ['a comment of 1,001 characters', { comment: text(1_001) }, 'comment'],
  ['a comment of null', { comment: null }, 'comment'],
  ['enabled in quotes', { enabled: 'true' }, 'enabled'],
  ['enabled as a number', { enabled: 1 }, 'enabled'],
  ['killSwitch of null', { killSwitch: null }, 'killSwitch'],
  ['a member nobody knows', { rollouts: 5 }, ''],
  ['a version of the caller’s own', { version: 7 }, ''],
  ['another key than the address', { key: 'another' }, ''],
  ['rules as a list', { rules: [] }, 'rules'],
  ['rules with a member nobody knows', { rules: { countries: ['IN'] } }, 'rules'],
  ['rules with a role instead of roles', { rules: { role: 'ADMIN' } }, 'rules'],
  ['a role that is not in a list', { rules: { roles: 'ADMIN' } }, 'rules.roles'],
  ['an empty role', { rules: { roles: ['ADMIN', ''] } }, 'rules.roles.1'],
  ['an empty city', { rules: { cities: [''] } }, 'rules.cities.0'],
  ['an empty category', { rules: { categories: [''] } }, 'rules.categories.0'],
  ['a number on the allow list', { rules: { allowList: [1] } }, 'rules.allowList.0'],
  ['null on the deny list', { rules: { denyList: [null] } }, 'rules.denyList.0'],
  ['a name of 257 characters', { rules: { denyList: [text(257)] } }, 'rules.denyList.0'],
  ['5,001 names', { rules: { allowList: names(5_001) } }, 'rules.allowList'],
]

/** The last values that are still taken. */
const taken: [string, object][] = [
  ['a rollout of 0', { rollout: 0 }],
  ['a rollout of 100', { rollout: 100 }],
  ['a rollout of three decimals', { rollout: 0.125 }],
  ['a description of 1,000 characters', { description: text(1_000) }],
  ['an empty description', { description: '' }],
  ['a comment of 1,000 characters', { comment: text(1_000) }],
  ['empty rules', { rules: {} }],
  ['empty lists', { rules: { roles: [], cities: [], categories: [] } }],
  ['a name of 256 characters', { rules: { denyList: [text(256)] } }],
  ['5,000 names', { rules: { allowList: names(5_000) } }],
  ['names in any script', { rules: { cities: ['मुंबई', 'दिल्ली', '🎫'] } }],
]

describe.each(['PUT', 'PATCH'])('%s /api/flags/{key}', (method) => {
  const key = `valid.${method.toLowerCase()}`
  beforeAll(() => putFlag(key))

  it.each(refused)(
    'answers 400 to %s, names its path, and changes nothing',
    async (_, body, path) => {
      const [flag, before] = [
        await json(send('GET', `/api/flags/${key}`, { as: ADMIN })),
        await recorded(),
      ]
      const refusal = await problem(send(method, `/api/flags/${key}`, { as: ADMIN, body }))
      expect(refusal).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
      expect(refusal.issues?.map((issue) => issue.path)).toEqual([path])
      expect(refusal.errorDetails).toBe(`${path || 'the request'}: ${refusal.issues?.[0]?.message}`)
      expect(await json(send('GET', `/api/flags/${key}`, { as: ADMIN }))).toEqual(flag)
      expect(await recorded()).toEqual(before)
    },
  )

  it.each(taken)('accepts %s', async (_, body) => {
    const answer = await send(method, `/api/flags/${key}`, { as: ADMIN, body })
    expect(answer.status).toBe(200)
    const { comment: _comment, ...settings } = body as { comment?: string }
    expect((await json(answer)).flag).toMatchObject(settings)
  })

  it('names every mistake at once', async () => {
    const body = { rollout: 101, rules: { roles: [''] }, description: 5 }
    const { issues } = await problem(send(method, `/api/flags/${key}`, { as: ADMIN, body }))
    expect(issues?.map(({ path }) => path).toSorted()).toEqual([
      'description',
      'rollout',
      'rules.roles.0',
    ])
  })
})

it('PUT /api/flags/{key}: a member called __proto__ is refused like any unknown member', async () => {
  const body = '{"__proto__":{"enabled":true,"rollout":100}}'
  const refusal = await problem(send('PUT', '/api/flags/valid.proto', { as: ADMIN, body }))
  expect(refusal).toMatchObject({ status: 400, errorDetails: expect.stringContaining('__proto__') })
})

describe('Flag key', () => {
  const good = ['a', '0', 'a.b', 'a-b_c.d0', text(128), 'constructor', 'valueof']
  it.each(good)('the key %s is accepted', async (key) => {
    const { snapshotVersion } = await putFlag(key)
    const seen = send('POST', `/v1/flags/evaluate?minVersion=${snapshotVersion}`, {
      as: CLIENT,
      body: { context: {}, keys: [key] },
    })
    expect(await json(seen)).toEqual({ flags: { [key]: true }, version: snapshotVersion })
  })

  const bad = [
    text(129),
    'Upper',
    'a..b',
    '.a',
    'a.',
    '-a',
    'a b',
    'a/b',
    'a%b',
    'ä',
    '🎫',
    '__proto__',
    'a-_b',
    'a\n',
    '\0',
    "a'; DROP TABLE feature_flag; --",
  ]
  it.each(bad)('the key %j answers 400 to every method', async (key) => {
    const before = await recorded()
    const path = `/api/flags/${encodeURIComponent(key)}`
    const refusals = [
      await problem(send('GET', path, { as: ADMIN })),
      await problem(send('PUT', path, { as: ADMIN, body: {} })),
      await problem(send('PATCH', path, { as: ADMIN, body: {} })),
      await problem(send('DELETE', path, { as: ADMIN })),
    ]
    for (const refusal of refusals)
      expect(refusal).toMatchObject({
        status: 400,
        errorCode: 'INVALID_REQUEST',
        issues: [{ path: 'key' }],
      })
    expect(await recorded()).toEqual(before)
  })
})
