import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApiKey } from '../../schema/key.ts'
import type { Env } from '../../worker/env.ts'
import { REPORT_AFTER_MS } from '../../worker/middleware/key-usage.ts'
import { WRITE_INTERVAL_MS } from '../../worker/objects/publisher/key-usage.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import {
  ADMIN,
  json,
  makeKey,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
  watchConsole,
} from '../support/api.ts'
import { isolate, pass, rows, stopClock, until } from '../support/experiments.ts'
import { lyingD1, withPublisherBindings } from '../support/faults.ts'

const logged = watchConsole()

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
})
beforeEach(stopClock)
afterEach(async () => {
  vi.useRealTimers()
  await withPublisherBindings({})
})

/** When D1 says that a key was last used, in epoch milliseconds. */
const usedAt = async (id: string) =>
  (await rows<{ at: number | null }>('SELECT last_used_at AS at FROM api_key WHERE id = ?', id))[0]
    ?.at

const usedNow = (id: string) => until(async () => (await usedAt(id)) === Date.now())

const evaluate = (as: string, at: Env, minVersion = 0) =>
  sendWith(at, 'POST', `/v1/flags/evaluate?minVersion=${minVersion}`, { as, body: { context: {} } })

/** An isolate that counts what it tells the Publisher of keys, and what that says. */
const telling = () => {
  const told: string[] = []
  const control = { isDown: false }
  const PUBLISHER = {
    getByName: (name: string) => {
      const stub = env.PUBLISHER.getByName(name)
      return {
        newerThan: (version: number) => stub.newerThan(version),
        reportKeyUse: (id: string) => {
          told.push(id)
          return control.isDown ? Promise.reject(new Error('it is away')) : stub.reportKeyUse(id)
        },
      }
    },
  } as unknown as Env['PUBLISHER']
  return { at: isolate({ PUBLISHER }), told, control }
}

describe('an evaluation key that is used', () => {
  it('is on the list with the time, and nothing else has changed', async () => {
    const { id, secret, version } = await makeKey('listed', 'server')
    expect(await usedAt(id)).toBeNull()
    const before = await recorded()
    await evaluate(secret, telling().at, version)
    await usedNow(id)
    const { items } = await json<{ items: ApiKey[] }>(
      send('GET', '/api/keys?limit=200', { as: ADMIN }),
    )
    expect(items.find((key) => key.id === id)).toMatchObject({
      lastUsedAt: new Date().toISOString(),
    })
    expect(await recorded()).toEqual(before)
  })

  it('is told of by an isolate once in five minutes, edits in between or not', async () => {
    const { id, secret, version } = await makeKey('told', 'client')
    const { at, told } = telling()
    for (let i = 0; i < 5; i++) await evaluate(secret, at, version)
    const { snapshotVersion } = await putFlag('on', { description: 'another snapshot' })
    pass(REPORT_AFTER_MS - 1)
    await evaluate(secret, at, snapshotVersion)
    expect(told).toEqual([id])
    pass(1)
    await evaluate(secret, at)
    expect(told).toEqual([id, id])
    await usedNow(id)
  })

  it('is told of again when the clock was set back', async () => {
    const { id, secret, version } = await makeKey('set back', 'client')
    const { at, told } = telling()
    await evaluate(secret, at, version)
    vi.setSystemTime(Date.now() - 10 * REPORT_AFTER_MS)
    await evaluate(secret, at)
    expect(told).toEqual([id, id])
  })

  it('is noted when it opens a stream, with the token that stands in for it too', async () => {
    const { id, secret, version } = await makeKey('listens', 'client')
    const body = { context: {} }
    const { stream } = await json<{ stream: string }>(
      sendWith(telling().at, 'POST', `/v1/bundle?minVersion=${version}`, { as: secret, body }),
    )
    await usedNow(id)
    pass(REPORT_AFTER_MS)
    const answer = await send('GET', stream)
    await answer.body?.cancel()
    expect(answer.status).toBe(200)
    await usedNow(id)
  })

  it('is not when it is refused', async () => {
    const { secret, version } = await makeKey('nobody', 'viewer')
    const { at, told } = telling()
    expect((await evaluate(secret, at, version)).status).toBe(401)
    const key = { name: 'elsewhere', kind: 'client', origins: ['https://app.example'] }
    const made = await json<{ secret: string; snapshotVersion: number }>(
      send('POST', '/api/keys', { as: ADMIN, body: key }),
    )
    const refused = sendWith(at, 'POST', `/v1/bundle?minVersion=${made.snapshotVersion}`, {
      as: made.secret,
      body: { context: {} },
      headers: { Origin: 'https://evil.example' },
    })
    expect((await refused).status).toBe(403)
    expect(told).toEqual([])
  })

  it('is answered when the Publisher is away; that is logged, and told another time', async () => {
    const { id, secret, version } = await makeKey('untold', 'client')
    const { at, told, control } = telling()
    control.isDown = true
    expect((await evaluate(secret, at, version)).status).toBe(200)
    expect(logged.flat()).toContainEqual({
      event: 'key_use.untold',
      keyId: id,
      error: 'it is away',
    })
    control.isDown = false
    pass(REPORT_AFTER_MS)
    await evaluate(secret, at)
    expect(told).toEqual([id, id])
    await usedNow(id)
  })
})

const tell = (id: string) => getPublisher(env).reportKeyUse(id)

describe('the Publisher', () => {
  it('writes once a minute for a key, however many isolates tell of it', async () => {
    const { id } = await makeKey('many', 'client')
    const { control, d1 } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    await tell(id)
    await usedNow(id)
    pass(WRITE_INTERVAL_MS - 1)
    await Promise.all([tell(id), tell(id), tell(id)])
    expect(control.calls).toBe(1)
    pass(1)
    await tell(id)
    await usedNow(id)
    expect(control.calls).toBe(2)
  })

  it('writes one thing at a time: what comes meanwhile goes in the next', async () => {
    const ids: string[] = []
    for (const name of ['a', 'b', 'c']) ids.push((await makeKey(`meanwhile ${name}`, 'client')).id)
    const { control, d1 } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    const { promise, resolve } = Promise.withResolvers<void>()
    control.holdAnswer = () => promise
    for (const id of ids) await tell(id)
    await until(() => control.calls > 0)
    control.holdAnswer = async () => {}
    resolve()
    for (const id of ids) await usedNow(id)
    expect(control.calls).toBe(2)
  })

  it('lets go of what D1 does not take, and writes it when it is told again', async () => {
    const { id } = await makeKey('unwritten', 'client')
    const { control, d1 } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    await tell(id)
    await until(() => JSON.stringify(logged).includes('key_use.unwritten'))
    expect(await usedAt(id)).toBeNull()
    control.mode = 'honest'
    await tell(id)
    await usedNow(id)
  })

  it('forgets nothing that matters when it dies, and takes no time back', async () => {
    const { id } = await makeKey('outlives', 'client')
    await tell(id)
    await usedNow(id)
    const at = Date.now()
    await evictDurableObject(getPublisher(env))
    vi.setSystemTime(at - 3_600_000)
    const { control, d1 } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    await tell(id)
    await until(() => control.calls > 0)
    expect(await usedAt(id)).toBe(at)
  })

  it('knows nothing of a key that is not there', async () => {
    await tell('no such key')
    const { id } = await makeKey('after nobody', 'client')
    await tell(id)
    await usedNow(id)
    expect(await rows("SELECT 1 FROM api_key WHERE id = 'no such key'")).toEqual([])
  })
})

const me = (at: Env, sent: object) => sendWith(at, 'GET', '/api/me', sent)

describe('an admin token', () => {
  it('is noted when it is used, once in five minutes and isolate', async () => {
    const { id, secret } = await makeKey('an editor', 'editor')
    const { control, d1 } = lyingD1(env.DB)
    const at = isolate({ DB: d1 })
    await me(at, { as: secret })
    expect(await usedAt(id)).toBe(Date.now())
    const calls = control.calls
    pass(REPORT_AFTER_MS - 1)
    await me(at, { as: secret })
    expect(control.calls).toBe(calls + 1)
    pass(1)
    await me(at, { as: secret })
    expect(await usedAt(id)).toBe(Date.now())
  })

  it('is noted when it signs in, and while its session is used', async () => {
    const { id, secret } = await makeKey('a viewer', 'viewer')
    const headers = { Origin: 'https://flags.test' }
    const signedIn = await sendWith(isolate(), 'POST', '/api/session', {
      body: { token: secret },
      headers,
    })
    const Cookie = signedIn.headers.get('Set-Cookie')?.split(';')[0] ?? ''
    expect(await usedAt(id)).toBe(Date.now())
    pass(REPORT_AFTER_MS)
    expect((await me(isolate(), { headers: { Cookie } })).status).toBe(200)
    expect(await usedAt(id)).toBe(Date.now())
  })

  it('lets its holder in when that cannot be written', async () => {
    const { id, secret } = await makeKey('unlucky', 'admin')
    const { control, d1 } = lyingD1(env.DB)
    control.hold = async () => {
      if (control.calls === 1) control.mode = 'down'
    }
    expect((await me(isolate({ DB: d1 }), { as: secret })).status).toBe(200)
    expect(logged.flat()).toContainEqual({
      event: 'key_use.untold',
      keyId: id,
      error: expect.stringContaining('Network connection lost'),
    })
  })

  it('is none that an evaluation key is: it is refused, and not noted', async () => {
    const { id, secret } = await makeKey('lost its way', 'client')
    expect((await me(isolate(), { as: secret })).status).toBe(403)
    expect(await usedAt(id)).toBeNull()
  })
})
