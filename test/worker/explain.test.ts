import { beforeAll, describe, expect, it } from 'vitest'
import {
  StepName,
  type Caller,
  type Explanation,
  type TrustTrace,
} from '../../schema/evaluation.ts'
import {
  ADMIN,
  CLIENT,
  json,
  problem,
  putFlag,
  seedKeys,
  send,
  sendWith,
  VIEWER,
} from '../support/api.ts'
import { clientKey, secretToken, signing } from '../support/user-tokens.ts'

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  await putFlag('disabled', { enabled: false, rules: { allowList: ['u-1'] } })
  await putFlag('nobody', { rollout: 0 })
  await putFlag('split', { rollout: 50 })
  await putFlag('narrow', {
    rollout: 50,
    rules: {
      roles: ['ADMIN', 'ORGANIZER'],
      cities: ['Mumbai'],
      categories: ['music'],
      allowList: ['u-1', 'u-2'],
      denyList: ['u-2', 'u-3'],
    },
  })
})

type Explained = {
  readonly flags: Explanation[]
  readonly trust?: TrustTrace
  readonly version: number
}

type Callers = { readonly items: readonly Caller[] }

/** The values that a key gets. A user token has the context as its claims; without a user id there is none. */
const evaluateBy = async (
  key: Awaited<ReturnType<typeof clientKey>> & { readonly isSigned: boolean },
  context: Record<string, unknown>,
) => {
  const { userId, targetingKey, ...claims } = context
  const sub = targetingKey ?? userId
  const isSigned = key.isSigned && typeof sub === 'string' && sub.trim() !== ''
  if (key.isSigned && !isSigned) return null
  const headers = isSigned ? { 'X-User-Token': await secretToken({ ...claims, sub }) } : {}
  const { flags } = await json<{ flags: Record<string, boolean> }>(
    sendWith(signing(), 'POST', `/v1/flags/evaluate?minVersion=${key.version}`, {
      as: key.secret,
      headers,
      body: { context: isSigned ? {} : context },
    }),
  )
  return flags
}

const explain = (body: object) =>
  json<Explained>(send('POST', '/api/explain', { as: VIEWER, body }))

const contexts: Record<string, unknown>[] = [
  {},
  { userId: 'u-1' },
  { targetingKey: 'u-2' },
  { userId: 'u-3', role: 'ADMIN', city: 'Mumbai', category: 'music' },
  { userId: 'u-4', role: 'ADMIN', city: 'Mumbai', category: 'music' },
  { userId: 'u-5', role: 'ORGANIZER', city: 'Mumbai', categories: ['film', 'music'] },
  { role: 'ADMIN', city: 'Mumbai', category: ['music'] },
  { userId: 'u-6', role: 'ADMIN', city: 'Mumbai' },
  { userId: 'u-6', role: 'ADMIN', city: 'mumbai', category: 'music' },
  { userId: 'u-6', city: 'Mumbai', category: 'music' },
  { userId: '  ' },
  { userId: null, role: null, plan: 'gold' },
  { userId: '🎫', city: 'मुंबई' },
]

/** The edge's answers for one flag: OFREP with the reason, evaluate with the bare value. */
const askEach = async (key: string, context: object, version: number) => {
  const at = `minVersion=${version}`
  const [single, evaluated] = await Promise.all([
    json(send('POST', `/ofrep/v1/evaluate/flags/${key}?${at}`, { as: CLIENT, body: { context } })),
    json<{ flags: Record<string, boolean> }>(
      send('POST', `/v1/flags/evaluate?${at}`, { as: CLIENT, body: { context, keys: [key] } }),
    ),
  ])
  return { single, value: evaluated.flags[key] }
}

describe('POST /api/explain', () => {
  it.each(contexts)('the explanation agrees with evaluate and OFREP for %j', async (context) => {
    const { flags, version } = await explain({ context })
    expect(flags).toHaveLength(5)
    for (const { key, value, reason, errorCode } of flags) {
      const answers = await askEach(key, context, version)
      expect(answers.value).toBe(value)
      expect(answers.single).toMatchObject(errorCode ? { key, errorCode } : { key, value, reason })
    }
  })

  it('the answer lists every step of each flag in order, past the one that decided', async () => {
    for (const context of contexts)
      for (const { steps, decidedBy } of (await explain({ context })).flags) {
        // A flag without targets and conditions has no step for them.
        const expected = StepName.options.filter(
          (step) => !['targets', 'conditions'].includes(step),
        )
        expect(steps.map(({ step }) => step)).toEqual(expected)
        const decided = steps.findIndex(({ step }) => step === decidedBy)
        expect(steps.map(({ outcome }) => outcome)).toEqual([
          ...Array<string>(decided).fill('passed'),
          'decided',
          ...Array<string>(steps.length - decided - 1).fill('not reached'),
        ])
        expect(steps.filter(({ detail }) => detail === '')).toEqual([])
      }
  })

  const decisions: [object, string, string | null][] = [
    [{ userId: 'u-1' }, 'disabled', 'disabled'],
    [{ userId: 'u-2' }, 'narrow', 'denyList'],
    [{ userId: 'u-1' }, 'narrow', 'allowList'],
    [{ userId: 'u-9' }, 'narrow', 'roles'],
    [{ userId: 'u-9', role: 'ADMIN' }, 'narrow', 'cities'],
    [{ userId: 'u-9', role: 'ADMIN', city: 'Mumbai' }, 'narrow', 'categories'],
    [{ userId: 'u-9', role: 'ADMIN', city: 'Mumbai', category: 'music' }, 'narrow', 'rollout'],
    [{}, 'on', 'rollout'],
  ]
  it.each(decisions)(
    'the explanation for %j and %s names the step %s',
    async (context, key, decidedBy) => {
      const { flags } = await explain({ context, key })
      expect(flags).toEqual([expect.objectContaining({ key, decidedBy })])
    },
  )

  it('the explanation says why a split flag is off without a user id', async () => {
    const { flags } = await explain({ context: {}, key: 'split' })
    expect(flags[0]).toMatchObject({
      value: false,
      reason: 'ERROR',
      errorCode: 'TARGETING_KEY_MISSING',
      decidedBy: 'rollout',
    })
    expect(flags[0]?.steps.at(-1)?.detail).toContain('no user id')
  })

  it('an admin sees the last edit without naming a version', async () => {
    await putFlag('edited', { rollout: 10 })
    const { snapshotVersion } = await putFlag('edited', { rollout: 0 })
    const { flags, version } = await explain({ context: { userId: 'u-1' }, key: 'edited' })
    expect(version).toBe(snapshotVersion)
    expect(flags[0]?.steps.at(-1)?.detail).toContain('0 %')
  })

  it('the answer names the snapshot version', async () => {
    const { headers } = await send('POST', '/api/explain', { as: VIEWER, body: { context: {} } })
    expect(headers.get('X-Snapshot-Version')).toMatch(/^\d+$/)
  })

  it.each(['no.such_flag', '__proto__', ''])('an unknown key %j answers 404', async (key) => {
    const body = { context: {}, key }
    expect(await problem(send('POST', '/api/explain', { as: VIEWER, body }))).toMatchObject({
      status: 404,
      errorCode: 'FLAG_NOT_FOUND',
    })
  })

  it.each([
    {},
    { trustsRole: true },
    { trusts: [] },
    { trusts: ['role', 'categories'] },
    { trusts: ['city'], trustsRole: true },
    { userToken: { secretName: 'USER_TOKEN_SECRET' } },
  ])('the explanation with the id of a key with %j agrees with evaluate', async (settings) => {
    const key = { ...(await clientKey(settings)), isSigned: 'userToken' in settings }
    for (const context of contexts) {
      const body = { context, keyId: key.id }
      const { flags, trust } = await explain(body)
      expect(trust).toMatchObject({ keyId: key.id, isSigned: 'userToken' in settings })
      const evaluated = await evaluateBy(key, context)
      if (evaluated === null) continue
      expect(Object.fromEntries(flags.map((flag) => [flag.key, flag.value]))).toEqual(evaluated)
    }
  })

  it('the explanation names the attributes that the key ignores', async () => {
    const context = { userId: 'u-1', role: 'ADMIN', city: 'Pune', category: 'x', plan: null }
    const ignoredBy = async (settings: object) =>
      (await explain({ context, keyId: (await clientKey(settings)).id })).trust?.ignored
    expect(await ignoredBy({})).toEqual(['role'])
    expect(await ignoredBy({ trustsRole: true })).toEqual([])
    expect(await ignoredBy({ trusts: ['categories'] })).toEqual(['role', 'city'])
    const signed = await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET' } })
    const claims = { ...context, iss: 'https://id.example', anonymous: true }
    const { trust } = await explain({ context: claims, keyId: signed.id })
    expect(trust?.ignored).toEqual(['iss', 'anonymous'])
    expect((await explain({ context })).trust).toBeUndefined()
  })

  it('an id of no evaluation key answers 404', async () => {
    const { id } = await clientKey({})
    expect((await send('DELETE', `/api/keys/${id}`, { as: ADMIN, body: {} })).status).toBe(200)
    for (const keyId of [id, 'none', '__proto__', ''])
      expect(
        await problem(send('POST', '/api/explain', { as: VIEWER, body: { context: {}, keyId } })),
      ).toMatchObject({ status: 404, errorCode: 'NOT_FOUND' })
  })

  it('GET callers: lists the evaluation keys without their secrets, revoked ones left out', async () => {
    const { id } = await clientKey({ trusts: ['plan'] })
    const { items } = await json<Callers>(send('GET', '/api/explain/callers', { as: VIEWER }))
    const own = items.find((caller) => caller.id === id)
    expect(own).toMatchObject({ kind: 'client', trusts: ['plan'], isSigned: false })
    expect(Object.keys(own ?? {})).not.toContain('hash')
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['client', 'server']))
    await send('DELETE', `/api/keys/${id}`, { as: ADMIN, body: {} })
    const later = await json<Callers>(send('GET', '/api/explain/callers', { as: VIEWER }))
    expect(later.items.map((caller) => caller.id)).not.toContain(id)
  })

  it.each([
    ['keys in place of key', { context: {}, keys: ['on'] }, ''],
    ['a key that is not a string', { context: {}, key: 1 }, 'key'],
    ['a context that is not an object', { context: 'u-1' }, 'context'],
  ])('a request with %s answers 400', async (_, body, path) => {
    expect(await problem(send('POST', '/api/explain', { as: VIEWER, body }))).toMatchObject({
      status: 400,
      issues: [{ path }],
    })
  })
})

const putSegment = (key: string, body: object) =>
  send('PUT', `/api/segments/${key}`, { as: ADMIN, body })

describe('POST /api/explain: a condition with inSegment', () => {
  it('names each segment and why', async () => {
    const plan = { attribute: 'plan', operator: 'in', values: ['pro'] }
    await putSegment('why.a', { exclude: ['u-1'] })
    await putSegment('why.b', { conditions: [plan] })
    const condition = { operator: 'inSegment', values: ['why.a', 'why.b'] }
    await putFlag('why', { rules: { where: [condition] } })
    const body = { context: { userId: 'u-1', plan: 'free' }, key: 'why' }
    const { flags } = await explain(body)
    expect(flags[0]?.steps.find(({ step }) => step === 'conditions')).toEqual({
      step: 'conditions',
      outcome: 'decided',
      detail:
        'the user is in one of the segments "why.a", "why.b": no ("why.a": excludes the user; "why.b": plan is one of "pro": no, the context has "free")',
      conditions: [
        {
          condition,
          holds: false,
          segments: [
            { key: 'why.a', holds: false, decidedBy: 'exclude' },
            {
              key: 'why.b',
              holds: false,
              decidedBy: 'conditions',
              conditions: [{ condition: plan, value: 'free', holds: false }],
            },
          ],
        },
      ],
    })
  })
})
