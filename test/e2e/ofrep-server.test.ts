import { ErrorCode, StandardResolutionReasons as Reason } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serverClient } from '../support/openfeature.ts'
import { startServer, type Server } from '../support/server.ts'
import { typedCases, typedFlags } from '../support/typed-flags.ts'

/*
 * @openfeature/server-sdk with @openfeature/ofrep-provider, unmodified, over a socket.
 */

let server: Server
let client: Awaited<ReturnType<typeof serverClient>>

const flags = {
  'case.static_on': { enabled: true, rollout: 100 },
  'case.static_off': { enabled: true, rollout: 0 },
  'case.disabled': { enabled: false, rollout: 100 },
  'case.split': { enabled: true, rollout: 50 },
  'case.targeted': {
    enabled: true,
    rollout: 100,
    rules: { cities: ['Mumbai'], allowList: ['vip'], denyList: ['banned'] },
  },
  ...typedFlags,
}

beforeAll(async () => {
  server = await startServer()
  let version = 0
  for (const [key, settings] of Object.entries(flags))
    version = (await server.setFlag(key, settings)).snapshotVersion
  await server.evaluate({}, version)
  client = await serverClient(server.url)
})
afterAll(() => server?.close())

describe('OpenFeature server provider', () => {
  it.each([
    ['on for everyone', 'case.static_on', {}, true, Reason.STATIC],
    ['off for everyone', 'case.static_off', {}, false, Reason.STATIC],
    ['switched off', 'case.disabled', {}, false, Reason.DISABLED],
    ['on for the city', 'case.targeted', { city: 'Mumbai' }, true, Reason.TARGETING_MATCH],
    ['off for another city', 'case.targeted', { city: 'Pune' }, false, Reason.DEFAULT],
    ['on for an allowed user', 'case.targeted', { targetingKey: 'vip' }, true, 'TARGETING_MATCH'],
    [
      'off for a denied user',
      'case.targeted',
      { targetingKey: 'banned', city: 'Mumbai' },
      false,
      Reason.TARGETING_MATCH,
    ],
  ])('a flag has value, variant and reason: %s', async (_, key, context, value, reason) => {
    const details = await client.getBooleanDetails(key, !value, context)
    expect(details).toMatchObject({ value, reason, variant: value ? 'on' : 'off' })
    expect(details.errorCode).toBeUndefined()
  })

  it('a split flag keeps its value for a user', async () => {
    const users = Array.from({ length: 20 }, (_, index) => ({ targetingKey: `user-${index}` }))
    const ask = () =>
      Promise.all(users.map((user) => client.getBooleanDetails('case.split', false, user)))
    const first = await ask()
    expect(new Set(first.map(({ value }) => value))).toEqual(new Set([true, false]))
    for (const { value, variant, reason } of first)
      expect({ variant, reason }).toEqual({ variant: value ? 'on' : 'off', reason: Reason.SPLIT })
    expect(await ask()).toEqual(first)
  })

  it.each(typedCases)(
    'a value has its type, variant and reason: %s',
    async (type, key, on, off) => {
      const read = (context: Record<string, string>) =>
        type === 'string'
          ? client.getStringDetails(key, 'default', context)
          : type === 'number'
            ? client.getNumberDetails(key, -1, context)
            : client.getObjectDetails(key, {}, context)
      expect(await read({ city: 'Mumbai' })).toMatchObject({
        value: on,
        variant: 'some',
        reason: Reason.TARGETING_MATCH,
      })
      expect(await read({})).toMatchObject({ value: off, variant: 'none', reason: Reason.DEFAULT })
      expect(await client.getBooleanDetails(key, true)).toMatchObject({
        value: true,
        errorCode: ErrorCode.TYPE_MISMATCH,
      })
    },
  )

  it('unknown attributes of any type are accepted', async () => {
    const context = {
      targetingKey: 'u',
      age: 7,
      tags: ['a'],
      nested: { deep: true },
      at: new Date(),
    }
    expect(await client.getBooleanValue('case.static_on', false, context)).toBe(true)
  })
})

describe('OpenFeature server provider: the default with an error code', () => {
  it.each([
    ['a missing flag', 'case.nowhere', {}, ErrorCode.FLAG_NOT_FOUND],
    ['a key of Object.prototype', '__proto__', {}, ErrorCode.FLAG_NOT_FOUND],
    ['a key of any characters', 'Ünknown flag?', {}, ErrorCode.FLAG_NOT_FOUND],
    ['a split without a user', 'case.split', {}, ErrorCode.TARGETING_KEY_MISSING],
    ['a split for a blank user', 'case.split', { targetingKey: ' ' }, 'TARGETING_KEY_MISSING'],
    ['a user of a wrong type', 'case.split', { userId: { a: 1 } }, 'TARGETING_KEY_MISSING'],
    ['a city that is too long', 'case.targeted', { city: 'x'.repeat(300) }, 'INVALID_CONTEXT'],
  ])('the flag cannot be evaluated: %s', async (_, key, context, errorCode) => {
    for (const fallback of [true, false]) {
      const details = await client.getBooleanDetails(key, fallback, context)
      expect(details).toMatchObject({ value: fallback, reason: Reason.ERROR, errorCode })
      expect(details.errorMessage).toMatch(/\w/)
    }
  })

  it('the flag is of another type', async () => {
    expect(await client.getStringDetails('case.static_on', 'A')).toMatchObject({
      value: 'A',
      errorCode: ErrorCode.TYPE_MISMATCH,
    })
  })

  it.each(['flags_client_wrong', 'flags_admin_local'])(
    'the evaluation key is wrong: %s',
    async (key) => {
      const stranger = await serverClient(server.url, key)
      expect(await stranger.getBooleanDetails('case.static_on', false)).toMatchObject({
        value: false,
        reason: Reason.ERROR,
        errorCode: ErrorCode.GENERAL, // what this provider makes of any 401
      })
    },
  )
})

it('OpenFeature server provider: the next evaluation sees an edit once its version was seen', async () => {
  const { snapshotVersion } = await server.setFlag('case.edited', { enabled: true, rollout: 100 })
  await server.evaluate({}, snapshotVersion)
  expect(await client.getBooleanValue('case.edited', false)).toBe(true)
  const off = await server.updateFlag('case.edited', { enabled: false })
  await server.evaluate({}, off.snapshotVersion)
  expect(await client.getBooleanDetails('case.edited', true)).toMatchObject({
    value: false,
    reason: Reason.DISABLED,
  })
})
