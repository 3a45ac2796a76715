import { beforeAll, describe, expect, it } from 'vitest'
import type { Bundle } from '../../schema/evaluation.ts'
import {
  ADMIN,
  CLIENT,
  json,
  problem,
  putFlag,
  seedKeys,
  send,
  sendWith,
  SERVER,
} from '../support/api.ts'
import { clientKey, secretToken, signing } from '../support/user-tokens.ts'

const where = [
  { attribute: 'plan', operator: 'in', values: ['pro', 'team'] },
  { attribute: 'appVersion', operator: 'semverGte', values: ['4.2.0'] },
]
const matching = { userId: 'u-1', plan: 'pro', appVersion: '4.10.0' }

/** The snapshot version that knows the flags of this file. */
const made = { version: 0 }

beforeAll(async () => {
  await seedKeys()
  await putFlag('for.everyone')
  await putFlag('for.pro', { rules: { where } })
  made.version = (
    await putFlag('not.beta', {
      rules: { where: [{ attribute: '__proto__', operator: 'in', values: ['x'], negate: true }] },
    })
  ).snapshotVersion
})

const post = (path: string, context: object, as = CLIENT) =>
  send('POST', `${path}?minVersion=${made.version}`, { as, body: { context } })

const evaluate = async (context: object) =>
  (await json<{ flags: Record<string, boolean> }>(post('/v1/flags/evaluate', context))).flags

const attributesFor = async (as: string, version = made.version) =>
  (
    await json<Bundle>(
      sendWith(signing(), 'POST', `/v1/bundle?minVersion=${version}`, {
        as,
        body: { context: {} },
        headers: { 'X-User-Token': await secretToken() },
      }),
    )
  ).attributes

describe('Conditions of a flag', () => {
  it('name in a bundle the attributes that the client has reason to send', async () => {
    expect((await attributesFor(CLIENT))?.toSorted()).toEqual(['__proto__', 'appVersion', 'plan'])
    const some = await clientKey({ trusts: ['plan', 'role'] })
    expect(await attributesFor(some.secret, some.version)).toEqual(['plan'])
    const signed = await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET' } })
    expect(await attributesFor(signed.secret, signed.version)).toBeUndefined()
  })

  it('decide the same in every answer', async () => {
    for (const [context, value] of [
      [matching, true],
      [{ ...matching, appVersion: '4.1.9' }, false],
      [{ ...matching, plan: undefined }, false],
    ] as const) {
      const reason = value ? 'TARGETING_MATCH' : 'DEFAULT'
      expect(await evaluate(context)).toMatchObject({ 'for.everyone': true, 'for.pro': value })
      expect(await json(post('/v1/bundle', context))).toMatchObject({ flags: { 'for.pro': value } })
      expect(await json(post('/ofrep/v1/evaluate/flags/for.pro', context))).toMatchObject({
        value,
        reason,
      })
      const { flags } = await json<{ flags: object[] }>(post('/ofrep/v1/evaluate/flags', context))
      expect(flags).toContainEqual({
        key: 'for.pro',
        value,
        reason,
        variant: value ? 'on' : 'off',
      })
    }
  })

  it('can use an attribute named __proto__', async () => {
    const context = JSON.parse('{"__proto__":"y"}') as object
    expect(await evaluate(context)).toMatchObject({ 'not.beta': true })
    expect(await evaluate(JSON.parse('{"__proto__":"x"}') as object)).toMatchObject({
      'not.beta': false,
    })
    expect(await evaluate({})).toMatchObject({ 'not.beta': false })
  })

  it('get an explanation one by one, with what each was compared with', async () => {
    const body = { context: { plan: 'pro', appVersion: 4 }, key: 'for.pro' }
    const { flags } = await json<{ flags: { steps: { step: string }[] }[] }>(
      send('POST', '/api/explain', { as: ADMIN, body }),
    )
    expect(flags[0]?.steps.find(({ step }) => step === 'conditions')).toEqual({
      step: 'conditions',
      outcome: 'decided',
      detail:
        'plan is one of "pro", "team": yes, the context has "pro"; appVersion is a version from "4.2.0": no, the context has 4',
      conditions: [
        { condition: where[0], value: 'pro', holds: true },
        { condition: where[1], value: 4, holds: false },
      ],
    })
  })

  it('add no step to the explanation of a flag without conditions', async () => {
    const body = { context: {}, key: 'for.everyone' }
    const { flags } = await json<{ flags: { steps: { step: string }[] }[] }>(
      send('POST', '/api/explain', { as: ADMIN, body }),
    )
    expect(flags[0]?.steps.map(({ step }) => step)).not.toContain('conditions')
  })

  it('come with the snapshot document, and survive an export and import', async () => {
    const { flags } = await json<{ flags: object[] }>(
      send('GET', `/v1/snapshot?minVersion=${made.version}`, { as: SERVER }),
    )
    expect(flags).toContainEqual({ key: 'for.pro', enabled: true, rollout: 100, rules: { where } })
    const document = await json(send('GET', '/api/export', { as: ADMIN }))
    expect(await json(send('POST', '/api/import', { as: ADMIN, body: document }))).toMatchObject({
      changes: [],
    })
  })

  it('refuse a value that the operator does not take, at its place', async () => {
    const wrong = [where[0], { attribute: 'seats', operator: 'gt', values: ['5'] }]
    expect(
      await problem(
        send('PATCH', '/api/flags/for.pro', { as: ADMIN, body: { rules: { where: wrong } } }),
      ),
    ).toMatchObject({
      status: 400,
      errorCode: 'INVALID_REQUEST',
      issues: [{ path: 'rules.where.1.values.0' }],
    })
  })
})

describe('Evaluation with an attribute that conditions use', () => {
  it.each([
    ['a text of 257 characters', 'x'.repeat(257), 'send at most 256 characters'],
    ['101 items', Array(101).fill('x'), 'send at most 100 items'],
    ['an item of 257 characters', ['x'.repeat(257)], 'send at most 256 characters'],
  ])('refuses %s', async (_, plan, message) => {
    for (const path of ['/v1/flags/evaluate', '/v1/bundle', '/ofrep/v1/evaluate/flags'])
      expect(await problem(post(path, { plan }))).toMatchObject({
        status: 400,
        errorCode: 'INVALID_CONTEXT',
        issues: [{ path: 'context.plan', message }],
      })
    expect(
      await problem(send('POST', '/api/explain', { as: ADMIN, body: { context: { plan } } })),
    ).toMatchObject({ status: 400, errorCode: 'INVALID_CONTEXT' })
  })

  it('does not limit attributes that no flag uses', async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`a${index}`, index]))
    expect(await evaluate({ ...matching, ...many, note: 'x'.repeat(300) })).toMatchObject({
      'for.pro': true,
    })
  })
})

const evaluateAs = async (key: { secret: string; version: number }, context: object) => {
  const path = `/v1/flags/evaluate?minVersion=${Math.max(key.version, made.version)}`
  const answer = send('POST', path, { as: key.secret, body: { context } })
  return (await json<{ flags: Record<string, boolean> }>(answer)).flags
}

describe('A key that trusts named attributes', () => {
  it('believes these, the user id and nothing else', async () => {
    const { snapshotVersion } = await putFlag('for.u-1', {
      rules: {
        allowList: ['u-1'],
        where: [{ attribute: 'categories', operator: 'in', values: ['music'] }],
      },
    })
    made.version = snapshotVersion
    const some = await clientKey({ trusts: ['plan', 'categories'] })
    const both = await clientKey({ trusts: ['plan', 'appVersion'] })
    expect(await evaluateAs(some, matching)).toMatchObject({ 'for.pro': false, 'for.u-1': true })
    expect(await evaluateAs(both, matching)).toMatchObject({ 'for.pro': true, 'for.u-1': true })
    const music = { userId: 'u-2', category: 'music' }
    expect(await evaluateAs(some, music)).toMatchObject({ 'for.u-1': true })
    expect(await evaluateAs(both, music)).toMatchObject({ 'for.u-1': false })
  })

  it('believes a role that it names, whatever trustsRole says', async () => {
    const { snapshotVersion } = await putFlag('for.admins', { rules: { roles: ['ADMIN'] } })
    made.version = snapshotVersion
    const named = await clientKey({ trusts: ['role'] })
    const other = await clientKey({ trusts: ['plan'], trustsRole: true })
    expect(await evaluateAs(named, { role: 'ADMIN' })).toMatchObject({ 'for.admins': true })
    expect(await evaluateAs(other, { role: 'ADMIN' })).toMatchObject({ 'for.admins': false })
  })

  it('goes back to the default with null', async () => {
    const key = await clientKey({ trusts: [] })
    expect(await evaluateAs(key, matching)).toMatchObject({ 'for.pro': false })
    const edit = await json<{ key: object; snapshotVersion: number }>(
      send('PATCH', `/api/keys/${key.id}`, { as: ADMIN, body: { trusts: null } }),
    )
    expect(edit.key).not.toHaveProperty('trusts')
    expect(await evaluateAs({ ...key, version: edit.snapshotVersion }, matching)).toMatchObject({
      'for.pro': true,
    })
  })
})

describe('A key that demands a user token', () => {
  it('takes the attributes of conditions from the token only', async () => {
    const key = await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET' } })
    const ask = async (claims: object, context: object) => {
      const token = await secretToken({ sub: 'u-1', ...claims })
      const answer = sendWith(signing(), 'POST', `/v1/flags/evaluate?minVersion=${key.version}`, {
        as: key.secret,
        headers: { 'X-User-Token': token },
        body: { context },
      })
      return (await json<{ flags: Record<string, boolean> }>(answer)).flags['for.pro']
    }
    expect(await ask({ plan: 'pro', appVersion: '5.0.0' }, {})).toBe(true)
    expect(await ask({ plan: 'free', appVersion: '5.0.0' }, { plan: 'pro' })).toBe(false)
    expect(await ask({ appVersion: '5.0.0' }, { plan: 'pro' })).toBe(false)
  })

  it('takes the user from `sub`, whatever other claims name', async () => {
    const key = await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET' } })
    const { snapshotVersion } = await putFlag('for.u-2', {
      rules: { where: [{ attribute: 'userId', operator: 'in', values: ['u-2'] }] },
    })
    const token = await secretToken({ sub: 'u-1', targetingKey: 'u-2', userId: 'u-2' })
    const answer = await json<{ flags: Record<string, boolean> }>(
      sendWith(signing(), 'POST', `/v1/flags/evaluate?minVersion=${snapshotVersion}`, {
        as: key.secret,
        headers: { 'X-User-Token': token },
        body: { context: {} },
      }),
    )
    expect(answer.flags['for.u-2']).toBe(false)
  })
})
