import { beforeAll, describe, expect, it } from 'vitest'
import type { Experiment } from '../../schema/experiment.ts'
import { ADMIN, json, problem, recorded, seedKeys, send } from '../support/api.ts'
import { draft, HALVES, weighted, type Edit } from '../support/experiments.ts'

beforeAll(async () => {
  await seedKeys()
  await draft('target')
})

const some = (count: number, weight = 1) =>
  Array.from({ length: count }, (_, index) => ({ name: `v${index}`, weight }))
const named = (...names: unknown[]) => names.map((name) => ({ name, weight: 1 }))
const [SOON, LATER] = ['2041-01-01T00:00:00Z', '2041-02-01T00:00:00Z']

/** The fault, the settings, and the path that the answer must name. */
const wrong: [string, object, string][] = [
  ['no variant', { variants: [] }, 'variants'],
  ['one variant', { variants: some(1) }, 'variants'],
  ['21 variants', { variants: some(21) }, 'variants'],
  ['variants that are no list', { variants: { A: 50 } }, 'variants'],
  ['a variant that is a string', { variants: ['A', 'B'] }, 'variants.0'],
  ['two variants of one name', { variants: named('A', 'A') }, 'variants'],
  ['weights that sum to 0', { variants: weighted(0, 0) }, 'variants'],
  ['a weight of 10,001', { variants: weighted(1, 10_001) }, 'variants.1.weight'],
  ['a weight below 0', { variants: weighted(-1, 1) }, 'variants.0.weight'],
  ['a weight of one half', { variants: weighted(0.5, 0.5) }, 'variants.0.weight'],
  [
    'a weight that is a string',
    { variants: [{ name: 'A', weight: '1' }, ...named('B')] },
    'variants.0.weight',
  ],
  ['no weight', { variants: [{ name: 'A' }, { name: 'B' }] }, 'variants.0.weight'],
  [
    'a variant with an unknown member',
    { variants: [{ name: 'A', weight: 1, value: 2 }, ...named('B')] },
    'variants.0',
  ],
  ...['', ' ', 'A B', 'ü', '-a', 'a-', 'a..b', '<b>', 'x'.repeat(65)].map(
    (name): [string, object, string] => [
      `the name ${JSON.stringify(name)}`,
      { variants: named(name, 'B') },
      'variants.0.name',
    ],
  ),
  ['a name that is a number', { variants: named(1, 'B') }, 'variants.0.name'],
  ['a stop before the start', { startAt: LATER, stopAt: SOON }, 'stopAt'],
  ['a stop at the start', { startAt: SOON, stopAt: SOON }, 'stopAt'],
  ['a day for a start', { startAt: '2041-01-01' }, 'startAt'],
  ['a day that is none', { startAt: '2041-02-30T00:00:00Z' }, 'startAt'],
  ['a number for a start', { startAt: 2_240_611_200_000 }, 'startAt'],
  ['a start in no zone', { startAt: '2041-01-01T00:00:00' }, 'startAt'],
  ['a start in a zone that is none', { startAt: '2041-01-01T00:00:00+25:00' }, 'startAt'],
  ['a start in the year 10000, in UTC', { startAt: '9999-12-31T23:59:59-01:00' }, 'startAt'],
  ['a start before the year 0, in UTC', { startAt: '0000-01-01T00:00:00+01:00' }, 'startAt'],
  [
    'a stop before the start, in different zones',
    { startAt: '2041-01-01T00:00:00Z', stopAt: '2041-01-01T05:00:00+05:30' },
    'stopAt',
  ],
  ['a description of 1,001 characters', { description: 'x'.repeat(1_001) }, 'description'],
  ['a comment of 1,001 characters', { comment: 'x'.repeat(1_001) }, 'comment'],
  ['a status', { status: 'RUNNING' }, ''],
  ['a version', { version: 7 }, ''],
  ['a misspelt member', { variant: HALVES }, ''],
  ['a plan without a baseline', { plan: { minimumDetectableEffect: 0.1 } }, 'plan.baselineRate'],
  [
    'a plan with a rate of 0',
    { plan: { baselineRate: 0, minimumDetectableEffect: 0.1 } },
    'plan.baselineRate',
  ],
  [
    'a plan with a rate of 1',
    { plan: { baselineRate: 1, minimumDetectableEffect: 0.1 } },
    'plan.baselineRate',
  ],
  [
    'a plan that leads beyond 100 %',
    { plan: { baselineRate: 0.6, minimumDetectableEffect: 0.7 } },
    'plan',
  ],
  [
    'a plan with a power of 1',
    { plan: { baselineRate: 0.1, minimumDetectableEffect: 0.1, power: 1 } },
    'plan.power',
  ],
  [
    'a plan with a power no better than a coin',
    { plan: { baselineRate: 0.1, minimumDetectableEffect: 0.1, power: 0.4 } },
    'plan.power',
  ],
  [
    'a plan with an alpha of 0',
    { plan: { baselineRate: 0.1, minimumDetectableEffect: 0.1, alpha: 0 } },
    'plan.alpha',
  ],
]

describe.each([
  ['POST', '/api/experiments', { key: 'fresh', variants: HALVES }],
  ['PATCH', '/api/experiments/target', {}],
])('%s %s', (method, path, base) => {
  it.each(wrong)(
    'answers 400 to %s, names its path, and changes nothing',
    async (_, body, place) => {
      const before = await recorded()
      const refusal = await problem(send(method, path, { as: ADMIN, body: { ...base, ...body } }))
      expect(refusal).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
      expect(refusal.issues?.map((issue) => issue.path)).toContain(place)
      expect(await recorded()).toEqual(before)
    },
  )
})

it.each([
  ['Control', 'control'],
  ['1.1', '1.10'],
])('Experiments: the names %s and %s are refused together, and both are named', async (a, b) => {
  const body = { key: 'confusable', variants: named(a, b) }
  expect(await problem(send('POST', '/api/experiments', { as: ADMIN, body }))).toMatchObject({
    status: 400,
    issues: [{ path: 'variants', message: expect.stringContaining(`${a} and ${b}`) as string }],
  })
})

it.each([
  ['2 variants', { variants: some(2) }],
  ['20 variants', { variants: some(20, 10_000) }],
  ['a variant without weight', { variants: weighted(0, 1) }],
  ['weights that do not sum to 100', { variants: weighted(7, 10_000) }],
  ['names with dots, dashes and underscores', { variants: named('a.b-c_D9', 'x'.repeat(64)) }],
  ['a name that is a member of every object', { variants: named('constructor', 'toString') }],
  ['a stop without a start', { stopAt: LATER }],
  ['a start without a stop', { startAt: SOON }],
  ['a start that has passed', { startAt: '2020-01-01T00:00:00Z' }],
  ['a description of 1,000 characters', { description: 'ß'.repeat(1_000) }],
])('POST /api/experiments: accepts %s', async (name, body) => {
  const key = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const answer = send('POST', '/api/experiments', {
    as: ADMIN,
    body: { key, variants: HALVES, ...body },
  })
  expect((await json<{ experiment: Experiment }>(answer)).experiment.key).toBe(key)
})

it.each([
  ['2041-01-01T05:30:00+05:30', '2041-01-01T00:00:00.000Z'],
  ['2040-12-31T14:00:00.999999-10:00', '2041-01-01T00:00:00.999Z'],
  ['2041-01-01T00:00:00Z', '2041-01-01T00:00:00.000Z'],
])(
  'Experiments: the instant %s is accepted and answered in UTC and milliseconds',
  async (startAt, told) => {
    const key = startAt.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
    const body = { key, variants: HALVES, startAt }
    const created = await json<Edit>(send('POST', '/api/experiments', { as: ADMIN, body }))
    expect(created.experiment.startAt).toBe(told)
    const path = `/api/experiments/${key}`
    const patched = await json<Edit>(
      send('PATCH', path, { as: ADMIN, body: { startAt: null, stopAt: startAt } }),
    )
    expect(patched.experiment).toMatchObject({ startAt: null, stopAt: told })
    const schedule = { startAt, stopAt: null }
    const launched = await json<Edit>(send('POST', `${path}/launch`, { as: ADMIN, body: schedule }))
    expect(launched.experiment).toMatchObject({ startAt: told, stopAt: null })
  },
)

describe('Experiment key', () => {
  it.each(['a', '0', 'checkout-redesign', 'a-b-c-1', 'constructor', 'x'.repeat(128)])(
    'the key %s is accepted',
    async (key) => {
      const body = { key, variants: HALVES }
      expect((await send('POST', '/api/experiments', { as: ADMIN, body })).status).toBe(201)
    },
  )

  it.each([
    '',
    ' a',
    'A',
    'a.b',
    'a_b',
    'a--b',
    '-a',
    'a-',
    'a b',
    'ä',
    'a/b',
    '__proto__',
    'x'.repeat(129),
    7,
    null,
    undefined,
  ])('the key %j answers 400', async (key) => {
    const refusal = await problem(
      send('POST', '/api/experiments', { as: ADMIN, body: { key, variants: HALVES } }),
    )
    expect(refusal).toMatchObject({ status: 400, issues: [{ path: 'key' }] })
  })

  it('a PATCH of the key answers 400', async () => {
    const body = { key: 'another' }
    expect(
      await problem(send('PATCH', '/api/experiments/target', { as: ADMIN, body })),
    ).toMatchObject({ status: 400 })
  })

  it.each(['UPPER', 'a.b', 'a%20b', '%F0%9F%8E%AB', 'x'.repeat(129)])(
    'a path with the key %s answers 400',
    async (key) => {
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/metrics'],
        ['PATCH', ''],
        ['POST', '/launch'],
      ] as const) {
        const body = method === 'GET' ? undefined : {}
        const answer = send(method, `/api/experiments/${key}${path}`, { as: ADMIN, body })
        expect(await problem(answer)).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
      }
    },
  )
})

describe('POST /api/experiments/{key}/launch', () => {
  it.each([
    ['with a stop before its start', { startAt: LATER, stopAt: SOON }],
    ['with a start that is no instant', { startAt: 'now' }],
    ['with variants', { variants: HALVES }],
    ['with an unknown member', { status: 'RUNNING' }],
  ])('a launch %s answers 400', async (_, body) => {
    const answer = send('POST', '/api/experiments/target/launch', { as: ADMIN, body })
    expect(await problem(answer)).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
  })

  it('a launch without a body has no schedule', async () => {
    await draft('bare')
    expect((await send('POST', '/api/experiments/bare/launch', { as: ADMIN })).status).toBe(200)
  })

  it('a launch with a stopAt that has passed answers 409', async () => {
    const body = { stopAt: '2020-01-01T00:00:00Z' }
    expect(
      await problem(send('POST', '/api/experiments/target/launch', { as: ADMIN, body })),
    ).toMatchObject({ status: 409, errorDetails: expect.stringContaining('has passed') })
  })
})
