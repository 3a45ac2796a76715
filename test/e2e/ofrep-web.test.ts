import { ErrorCode, StandardResolutionReasons as Reason } from '@openfeature/web-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webClient, type WebClient } from '../support/openfeature-web.ts'
import { startServer, type Server } from '../support/server.ts'
import { typedCases, typedFlags } from '../support/typed-flags.ts'

/*
 * @openfeature/web-sdk with @openfeature/ofrep-web-provider, unmodified, over a socket. Every test has flags of its
 * own; the clients of other tests see them come and go, as they would in life.
 */

const ON = { enabled: true, rollout: 100 }
const OFF = { enabled: false, rollout: 100 }

let server: Server
const opened: WebClient[] = []

const open = async (...args: Tail<Parameters<typeof webClient>>) => {
  const client = await webClient(server.url, ...args)
  opened.push(client)
  return client
}
type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await Promise.all(opened.map(({ close }) => close()))
  await server?.close()
})

describe('OpenFeature web provider at the start', () => {
  it('all flags arrive at once, with variant and reason', async () => {
    await server.setFlag('start.on', ON)
    await server.setFlag('start.off', OFF)
    const { snapshotVersion } = await server.setFlag('start.split', { enabled: true, rollout: 50 })
    await server.evaluate({}, snapshotVersion)
    const { client, exchanges } = await open({ targetingKey: 'u-1' })
    expect(exchanges.length).toBe(1)
    expect(client.getBooleanDetails('start.on', false)).toMatchObject({
      value: true,
      variant: 'on',
      reason: Reason.STATIC,
    })
    expect(client.getBooleanDetails('start.off', true)).toMatchObject({
      value: false,
      variant: 'off',
      reason: Reason.DISABLED,
    })
    expect(client.getBooleanDetails('start.split', false).reason).toBe(Reason.SPLIT)
    expect(client.getBooleanDetails('start.nowhere', true)).toMatchObject({
      value: true,
      errorCode: ErrorCode.FLAG_NOT_FOUND,
    })
  })

  it('values of every type arrive, and follow the context', async () => {
    let version = 0
    for (const [key, settings] of Object.entries(typedFlags))
      version = (await server.setFlag(key, settings)).snapshotVersion
    await server.evaluate({}, version)
    const { client, setContext } = await open({ targetingKey: 'u-1', city: 'Mumbai' })
    const readAll = () =>
      typedCases.map(([type, key]) =>
        type === 'string'
          ? client.getStringValue(key, 'default')
          : type === 'number'
            ? client.getNumberValue(key, -1)
            : client.getObjectValue(key, { isDefault: true }),
      )
    expect(readAll()).toEqual(typedCases.map(([, , some]) => some))
    await setContext({ targetingKey: 'u-1', city: 'Pune' })
    expect(readAll()).toEqual(typedCases.map(([, , , none]) => none))
    expect(client.getBooleanDetails('typed.string', true)).toMatchObject({
      value: true,
      errorCode: ErrorCode.TYPE_MISMATCH,
    })
  })

  it('only split flags fail without a user', async () => {
    await server.setFlag('anonymous.split', { enabled: true, rollout: 50 })
    const { snapshotVersion } = await server.setFlag('anonymous.on', ON)
    await server.evaluate({}, snapshotVersion)
    const { client } = await open({})
    expect(client.getBooleanValue('anonymous.on', false)).toBe(true)
    expect(client.getBooleanDetails('anonymous.split', true)).toMatchObject({
      value: true,
      errorCode: ErrorCode.TARGETING_KEY_MISSING,
    })
  })

  it('a wrong key is fatal, and flags take their defaults', async () => {
    const headers: [string, string][] = [['Authorization', 'Bearer flags_client_wrong']]
    await expect(open({ targetingKey: 'u-1' }, { headers })).rejects.toThrow(
      'Initialization failed',
    )
  })
})

describe('OpenFeature web provider after a change of context', () => {
  it('the same user in another city or role gets other values', async () => {
    await server.setFlag('trap.city', { ...ON, rules: { cities: ['Mumbai'] } })
    const { snapshotVersion } = await server.setFlag('trap.role', {
      ...ON,
      rules: { roles: ['ADMIN'] },
    })
    await server.evaluate({}, snapshotVersion)
    const user = { targetingKey: 'u-1' }
    const { client, exchanges, setContext } = await open({ ...user, city: 'Pune', role: 'ADMIN' })
    const values = () => ['trap.city', 'trap.role'].map((key) => client.getBooleanValue(key, false))
    expect(values()).toEqual([false, true])

    const asked = exchanges.length
    await setContext({ ...user, city: 'Mumbai', role: 'ADMIN' })
    expect(values()).toEqual([true, true])
    await setContext({ ...user, city: 'Mumbai', role: 'ATTENDEE' })
    expect(values()).toEqual([true, false])
    await setContext({ ...user, city: 'Pune' })
    expect(values()).toEqual([false, false])
    const validators = exchanges.slice(asked).map(({ ifNoneMatch }) => ifNoneMatch)
    expect(validators).not.toContain(null) // else the trap was not set
  })

  it("another user gets that user's values", async () => {
    const { snapshotVersion } = await server.setFlag('user.list', {
      enabled: true,
      rollout: 0,
      rules: { allowList: ['anna'] },
    })
    await server.evaluate({}, snapshotVersion)
    const { client, setContext } = await open({ targetingKey: 'bert' })
    expect(client.getBooleanValue('user.list', true)).toBe(false)
    await setContext({ targetingKey: 'anna' })
    expect(client.getBooleanValue('user.list', false)).toBe(true)
    await setContext({ targetingKey: 'bert' })
    expect(client.getBooleanValue('user.list', true)).toBe(false)
  })

  it('a city that is too long is refused, and the values stay', async () => {
    const { snapshotVersion } = await server.setFlag('refused.on', ON)
    await server.evaluate({}, snapshotVersion)
    const { client, setContext, nextError } = await open({ targetingKey: 'u-1' })
    const refused = nextError()
    await setContext({ targetingKey: 'u-1', city: 'x'.repeat(300) })
    await refused
    expect(client.getBooleanValue('refused.on', false)).toBe(true)
  })
})

it('OpenFeature web provider: a page that comes back shows stored values, then fresh ones', async () => {
  const kept = new Map<string, string>()
  const localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
  Object.assign(globalThis, { localStorage })
  const { snapshotVersion } = await server.setFlag('kept.on', ON)
  await server.evaluate({}, snapshotVersion)
  const options = { cacheMode: 'local-cache-first', cacheKeyGenerator: () => 'one page' } as const
  const before = await open({ targetingKey: 'u-1' }, options)
  expect(before.client.getBooleanDetails('kept.on', false).reason).toBe(Reason.STATIC)
  await before.close()

  const off = await server.setFlag('kept.on', OFF)
  await server.evaluate({}, off.snapshotVersion)
  const after = await open({ targetingKey: 'u-1' }, options)
  const seen = after.client.getBooleanDetails('kept.on', false)
  if (seen.reason === Reason.CACHED) await after.nextChange()
  expect(after.client.getBooleanDetails('kept.on', true)).toMatchObject({
    value: false,
    reason: Reason.DISABLED,
  })
  expect(seen).toMatchObject({ value: true, reason: Reason.CACHED })
})
