import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseOldBundle } from '../support/bundle-parser-5a62017.ts'
import {
  ADMIN,
  CLIENT,
  json,
  problem,
  putFlag,
  readAudit,
  seedKeys,
  send,
  SERVER,
} from '../support/api.ts'

const colours = [
  { name: 'none', value: '' },
  { name: 'blue', value: '#00f' },
]
const settings = {
  theme: { type: 'string', variants: colours, offVariant: 'none', serve: 'blue' },
  limit: {
    type: 'number',
    variants: [
      { name: 'low', value: 1.5 },
      { name: 'constructor', value: 10 },
    ],
    offVariant: 'low',
    serve: 'constructor',
    rules: { cities: ['Pune'] },
  },
  layout: {
    type: 'json',
    variants: [
      { name: 'off', value: {} },
      { name: 'toString', value: JSON.parse('{"__proto__":{"a":1},"rows":[1,null]}') as object },
    ],
    offVariant: 'off',
    serve: 'toString',
  },
  share: {
    type: 'string',
    variants: colours,
    offVariant: 'none',
    serve: [
      { variant: 'none', weight: 1 },
      { variant: 'blue', weight: 1 },
    ],
  },
}
type Name = keyof typeof settings

/** The snapshot version that knows the flags of this file. */
const made = { version: 0 }

beforeAll(async () => {
  await seedKeys()
  await putFlag('plain')
  for (const [key, members] of Object.entries(settings))
    made.version = (await putFlag(key, members)).snapshotVersion
})

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  send('POST', `${path}?minVersion=${made.version}`, { as: CLIENT, body, headers })

const put = (key: string, body: object) => send('PUT', `/api/flags/${key}`, { as: ADMIN, body })
const patch = (key: string, body: object) => send('PATCH', `/api/flags/${key}`, { as: ADMIN, body })

/** Asks for the newest bundle. */
const askBundle = async (values: boolean, tag = '') => {
  const version = (await json(send('GET', '/health'))).version
  const path = `/v1/bundle?minVersion=${String(version)}`
  const headers = { 'If-None-Match': tag }
  return send('POST', path, { as: CLIENT, body: { context: {}, values }, headers })
}

const layout = JSON.stringify(settings.layout.variants[1]?.value)

describe('Typed values', () => {
  it('every answer about flags has the same values', async () => {
    const context = { userId: 'u-1', city: 'Pune' }
    const all = await (await post('/v1/flags/evaluate', { context })).text()
    const named = await (await post('/v1/flags/evaluate', { context, keys: ['layout'] })).text()
    const bundle = await (await post('/v1/bundle', { context, values: true })).text()
    for (const text of [all, named, bundle]) expect(text).toContain(`"layout":${layout}`)
    const { flags } = JSON.parse(all) as { flags: Record<string, unknown> }
    expect(flags).toMatchObject({ theme: '#00f', limit: 10, plain: true })
    expect(JSON.parse(bundle)).toMatchObject({ flags })
    const bulk = await json<{ flags: { key: string; value: unknown }[] }>(
      post('/ofrep/v1/evaluate/flags', { context }),
    )
    expect(new Map(bulk.flags.map(({ key, value }) => [key, value]))).toEqual(
      new Map(Object.entries(flags)),
    )
    for (const key of Object.keys(settings)) {
      const single = await json(post(`/ofrep/v1/evaluate/flags/${key}`, { context }))
      expect(bulk.flags).toContainEqual(single)
    }
  })

  it('users without the flag get the off variant', async () => {
    expect(await json(post('/ofrep/v1/evaluate/flags/limit', { context: {} }))).toEqual({
      key: 'limit',
      value: 1.5,
      reason: 'DEFAULT',
      variant: 'low',
    })
    expect(await problem(post('/ofrep/v1/evaluate/flags/share', { context: {} }))).toMatchObject({
      status: 400,
      errorCode: 'TARGETING_KEY_MISSING',
    })
    expect(await json(post('/v1/flags/evaluate', { context: {}, keys: ['share'] }))).toMatchObject({
      flags: { share: '' },
    })
  })

  it('a bundle has only booleans for a client that does not ask for more', async () => {
    const body = await json<{ flags: object }>(post('/v1/bundle', { context: { userId: 'u-1' } }))
    expect(body.flags).toEqual({ plain: true })
    expect(parseOldBundle(body)).toBe(body)
    expect(await json(post('/v1/bundle', { context: {}, values: 'yes' }))).toMatchObject({
      flags: { plain: true },
    })
  })

  it('the tag of a bundle changes with a value', async () => {
    const { key } = (await putFlag('tagged', settings.theme)).flag
    const first = (await askBundle(true)).headers.get('ETag') ?? ''
    expect((await askBundle(true, first)).status).toBe(304)
    expect((await askBundle(false, first)).status).toBe(200)
    await patch(key, { serve: 'none' })
    expect((await askBundle(true, first)).status).toBe(200)
    await send('DELETE', `/api/flags/${key}`, { as: ADMIN })
  })

  it('an explanation names the variant', async () => {
    const body = { context: { city: 'Pune' }, key: 'limit' }
    const { flags } = await json<{ flags: object[] }>(
      send('POST', '/api/explain', { as: ADMIN, body }),
    )
    expect(flags[0]).toMatchObject({ value: 10, variant: 'constructor', decidedBy: 'rollout' })
  })

  it('the snapshot document has the members as they were saved', async () => {
    const { flags } = await json<{ flags: object[] }>(
      send('GET', `/v1/snapshot?minVersion=${made.version}`, { as: SERVER }),
    )
    const { rules, ...limit } = settings.limit
    expect(flags).toContainEqual({ key: 'limit', enabled: true, rollout: 100, rules, ...limit })
    expect(flags).toContainEqual({ key: 'plain', enabled: true, rollout: 100, rules: null })
  })

  it('an import brings back a deleted flag from an export', async () => {
    const document = await json<{ flags: { key: string }[] }>(
      send('GET', '/api/export', { as: ADMIN }),
    )
    expect(document.flags.find(({ key }) => key === 'layout')).toMatchObject(settings.layout)
    expect(document.flags.find(({ key }) => key === 'plain')).not.toHaveProperty('type')
    const again = () => json(send('POST', '/api/import', { as: ADMIN, body: document }))
    expect(await again()).toMatchObject({ changes: [] })
    await send('DELETE', '/api/flags/layout', { as: ADMIN })
    made.version = Number((await again()).snapshotVersion)
    const { results } = await env.DB.prepare(
      "SELECT serving FROM feature_flag WHERE key IN ('layout', 'plain') ORDER BY key",
    ).all<{ serving: string | null }>()
    expect(results.map(({ serving }) => serving)).toEqual([JSON.stringify(settings.layout), null])
    expect(await again()).toMatchObject({ changes: [] })
  })

  it('a reversion brings back what a flag served', async () => {
    const { flag } = await putFlag('reverted', settings.theme)
    await patch('reverted', { serve: 'none', enabled: false })
    const [change] = await readAudit('flag:reverted')
    const path = `/api/audit/${change?.id}/revert`
    expect(await json(send('POST', path, { as: ADMIN, body: {} }))).toMatchObject({
      flag: { ...flag, version: 3, updatedAt: expect.any(String) as string },
    })
    await send('DELETE', '/api/flags/reverted', { as: ADMIN })
  })
})

describe('Targets', () => {
  const pro = { attribute: 'plan', operator: 'in', values: ['pro'] }
  const targets = [
    { id: 'none', when: [{ ...pro, values: ['free'] }], serve: 'none' },
    { id: 'half', description: 'A share', when: [pro], rollout: 50, serve: 'blue' },
  ]
  const targeted = { ...settings.theme, rollout: 0, targets, bucketBy: 'orgId' }

  it('decide in every answer, in the explanation and in the document', async () => {
    made.version = (await putFlag('targeted', targeted)).snapshotVersion
    const context = { plan: 'free' }
    const served = { key: 'targeted', value: '', reason: 'TARGETING_MATCH', variant: 'none' }
    expect(await json(post('/ofrep/v1/evaluate/flags/targeted', { context }))).toEqual(served)
    const bulk = await json<{ flags: object[] }>(post('/ofrep/v1/evaluate/flags', { context }))
    expect(bulk.flags).toContainEqual(served)
    expect(await json(post('/v1/bundle', { context, values: true }))).toMatchObject({
      flags: { targeted: '' },
      attributes: ['plan', 'orgId'],
    })
    const body = { context, key: 'targeted' }
    const { flags } = await json<{ flags: { steps: object[] }[] }>(
      send('POST', '/api/explain', { as: ADMIN, body }),
    )
    expect(flags[0]).toMatchObject({ variant: 'none', target: 'none', decidedBy: 'targets' })
    expect(flags[0]?.steps).toContainEqual({
      step: 'targets',
      outcome: 'decided',
      detail:
        'none: yes (plan is one of "free": yes, the context has "free"); half: no (plan is one of "pro": no, the context has "free", for 50 %)',
      targets: [
        { id: 'none', isMatch: true, conditions: [expect.objectContaining({ holds: true })] },
        { id: 'half', isMatch: false, conditions: [expect.objectContaining({ holds: false })] },
      ],
    })
    const document = await json<{ flags: object[] }>(
      send('GET', `/v1/snapshot?minVersion=${made.version}`, { as: SERVER }),
    )
    expect(document.flags).toContainEqual({
      key: 'targeted',
      enabled: true,
      rules: null,
      ...targeted,
      targets: targets.map(({ description: _description, ...target }) => target),
    })
  })

  it('refuse an attribute that is too long, since they use it', async () => {
    for (const name of ['plan', 'orgId'])
      expect(
        await problem(post('/v1/flags/evaluate', { context: { [name]: 'x'.repeat(257) } })),
      ).toMatchObject({ status: 400, issues: [{ path: `context.${name}` }] })
  })

  it('leave the flag when a PATCH takes all of them', async () => {
    await patch('targeted', { targets: [], bucketBy: 'userId' })
    const flag = await json(send('GET', '/api/flags/targeted', { as: ADMIN }))
    expect(flag).not.toHaveProperty('targets')
    expect(flag).not.toHaveProperty('bucketBy')
    await send('DELETE', '/api/flags/targeted', { as: ADMIN })
  })

  it.each<[string, object, string]>([
    ['an id twice', { targets: [targets[0], targets[0]] }, 'targets.1.id'],
    ['the id split', { targets: [{ ...targets[0], id: 'split' }] }, 'targets.0.id'],
    [
      'a variant that there is not',
      { targets: [{ ...targets[0], serve: 'red' }] },
      'targets.0.serve',
    ],
    ['four decimals', { targets: [{ ...targets[0], rollout: 0.0001 }] }, 'targets.0.rollout'],
    ['an unknown member', { targets: [{ ...targets[0], if: [] }] }, 'targets.0'],
    [
      'a wrong condition',
      { targets: [{ ...targets[0], when: [{ ...pro, values: [] }] }] },
      'targets.0.when.0.values',
    ],
    [
      '51 targets',
      { targets: Array.from({ length: 51 }, (_, n) => ({ ...targets[0], id: `t${n}` })) },
      'targets',
    ],
  ])('refuse %s, at its place', async (_, members, path) => {
    const { status, issues } = await problem(put('refused', { ...settings.theme, ...members }))
    expect([status, issues?.[0]?.path]).toEqual([400, path])
  })
})

describe('A flag with values', () => {
  it('keeps the members that a PATCH does not name', async () => {
    await patch('theme', { description: 'The colour' })
    expect(await json(send('GET', '/api/flags/theme', { as: ADMIN }))).toMatchObject({
      description: 'The colour',
      ...settings.theme,
    })
  })

  it.each<[string, Name]>([
    ['without a type', 'theme'],
    ['of another type', 'limit'],
  ])('refuses a PUT %s, because the type is fixed', async (_, other) => {
    const body = other === 'theme' ? { enabled: true } : settings[other]
    expect(await problem(put('theme', body))).toMatchObject({
      status: 409,
      errorCode: 'CONFLICT',
      issues: [{ path: 'type' }],
    })
  })

  it('answers 409 to a PATCH of its type alone, before its values are looked at', async () => {
    for (const [key, type] of [
      ['theme', 'boolean'],
      ['theme', 'number'],
      ['plain', 'string'],
    ])
      expect(
        await problem(send('PATCH', `/api/flags/${key}`, { as: ADMIN, body: { type } })),
      ).toMatchObject({ status: 409, issues: [{ path: 'type' }] })
  })

  it('refuses an import of another type', async () => {
    const flags = [{ key: 'theme', ...settings.limit }]
    const body = { format: 'indietix-flags', version: 1, flags }
    expect(await problem(send('POST', '/api/import', { as: ADMIN, body }))).toMatchObject({
      status: 409,
      errorDetails: 'theme is of type string, which cannot change to number',
      issues: [{ path: 'flags.0' }],
    })
  })

  it('has no further members when it says only defaults', async () => {
    const { flag } = await putFlag('spelled.out', {
      type: 'boolean',
      variants: [
        { name: 'on', value: true },
        { name: 'off', value: false },
      ],
      offVariant: 'off',
      serve: 'on',
    })
    const { flag: plain } = await putFlag('not.spelled.out')
    expect(Object.keys(flag)).toEqual(Object.keys(plain))
    await send('DELETE', '/api/flags/spelled.out', { as: ADMIN })
    await send('DELETE', '/api/flags/not.spelled.out', { as: ADMIN })
  })

  it('has a mark in the published snapshot, so that an older Worker refuses it', async () => {
    const text = await env.SNAPSHOTS.get('snapshot')
    const { flags } = JSON.parse(text ?? '') as { flags: { key: string; rules: object | null }[] }
    const rules = new Map(flags.map((flag) => [flag.key, flag.rules]))
    const serving = Object.keys(settings.theme)
    expect(rules.get('theme')).toEqual({ serving })
    expect(rules.get('limit')).toEqual({ ...settings.limit.rules, serving })
    expect(rules.get('plain')).toBeNull()
  })

  it('answers PARSE_ERROR when what it serves cannot be read, and others go on', async () => {
    await putFlag('damaged', settings.theme)
    await env.DB.prepare("UPDATE feature_flag SET serving = ? WHERE key = 'damaged'")
      .bind('{"type":"string","variants":7}')
      .run()
    const { snapshotVersion } = await putFlag('plain', { description: 'edited' })
    made.version = snapshotVersion
    expect(await problem(post('/ofrep/v1/evaluate/flags/damaged', { context: {} }))).toMatchObject({
      errorCode: 'PARSE_ERROR',
    })
    expect(await json(post('/v1/flags/evaluate', { context: {} }))).toMatchObject({
      flags: { damaged: false, theme: '#00f' },
    })
    expect(await json(send('GET', '/api/flags/damaged', { as: ADMIN }))).toMatchObject({
      enabled: false,
    })
    await send('DELETE', '/api/flags/damaged', { as: ADMIN })
  })

  const variants = [...colours]
  const whole = settings.theme
  it.each<[string, object, string]>([
    ['a type that there is not', { ...whole, type: 'date' }, 'type'],
    ['no variants', { type: 'string', offVariant: 'a', serve: 'a' }, 'variants'],
    ['one variant', { ...whole, variants: variants.slice(1) }, 'variants'],
    ['a name twice', { ...whole, variants: [...variants, colours[0]] }, 'variants.2.name'],
    [
      'the name __proto__',
      { ...whole, variants: [...variants, { name: '__proto__', value: '' }] },
      'variants.2.name',
    ],
    [
      'a number as a text',
      { ...whole, variants: [...variants, { name: 'a', value: 1 }] },
      'variants.2.value',
    ],
    [
      'a variant without a value',
      { ...whole, variants: [...variants, { name: 'a' }] },
      'variants.2.value',
    ],
    [
      'a text of 16 KB',
      { ...whole, variants: [...variants, { name: 'a', value: 'ß'.repeat(8_192) }] },
      'variants.2.value',
    ],
    [
      'a number as json',
      { ...settings.layout, variants: [...settings.layout.variants, { name: 'a', value: 1 }] },
      'variants.2.value',
    ],
    ['no off variant', { ...whole, offVariant: undefined }, 'offVariant'],
    ['an off variant that there is not', { ...whole, offVariant: 'red' }, 'offVariant'],
    ['nothing to serve', { ...whole, serve: undefined }, 'serve'],
    ['a served variant that there is not', { ...whole, serve: 'red' }, 'serve'],
    [
      'a share of a variant that there is not',
      { ...whole, serve: [{ variant: 'red', weight: 1 }] },
      'serve.0.variant',
    ],
    ['weights of 0', { ...whole, serve: [{ variant: 'blue', weight: 0 }] }, 'serve'],
    [
      'another variant of a boolean',
      {
        variants: [
          { name: 'on', value: true },
          { name: 'no', value: true },
        ],
      },
      'variants.1',
    ],
    ['a boolean that is on when it is off', { offVariant: 'on' }, 'offVariant'],
  ])('refuses %s, at its place', async (_, body, path) => {
    const { status, issues } = await problem(put('refused', body))
    expect([status, issues?.[0]?.path]).toEqual([400, path])
  })

  it('refuses a number that no double holds, and a PATCH whose members do not fit', async () => {
    const text = JSON.stringify(settings.limit).replace('"value":10', '"value":1e999')
    expect(
      await problem(send('PUT', '/api/flags/refused', { as: ADMIN, body: text })),
    ).toMatchObject({ status: 400, issues: [{ path: 'variants.1.value' }] })
    expect(await problem(patch('theme', { serve: 'red' }))).toMatchObject({
      status: 400,
      issues: [{ path: 'serve', message: 'there is no variant red' }],
    })
  })
})
