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

/** The last use of a key as stored in D1, in epoch milliseconds. */
const readLastUse = async (id: string) =>
  (await rows<{ at: number | null }>('SELECT last_used_at AS at FROM api_key WHERE id = ?', id))[0]
    ?.at

const waitUntilUsedNow = (id: string) => until(async () => (await readLastUse(id)) === Date.now())

const evaluate = (as: string, at: Env, minVersion = 0) =>
  sendWith(at, 'POST', `/v1/flags/evaluate?minVersion=${minVersion}`, { as, body: { context: {} } })

/** An isolate that records the key uses it reports to the Publisher. */
const openReporting = () => {
  const reported: string[] = []
  const control = { isDown: false }
  const PUBLISHER = {
    getByName: (name: string) => {
      const stub = env.PUBLISHER.getByName(name)
      return {
        newerThan: (version: number) => stub.newerThan(version),
        reportKeyUse: (id: string) => {
          reported.push(id)
          return control.isDown ? Promise.reject(new Error('it is away')) : stub.reportKeyUse(id)
        },
      }
    },
  } as unknown as Env['PUBLISHER']
  return { at: isolate({ PUBLISHER }), reported, control }
}

describe('Use of an evaluation key', () => {
  it('sets lastUsedAt in the list of keys and changes nothing else', async () => {
    const { id, secret, version } = await makeKey('listed', 'server')
    expect(await readLastUse(id)).toBeNull()
    const before = await recorded()
    await evaluate(secret, openReporting().at, version)
    await waitUntilUsedNow(id)
    const { items } = await json<{ items: ApiKey[] }>(
      send('GET', '/api/keys?limit=200', { as: ADMIN }),
    )
    expect(items.find((key) => key.id === id)).toMatchObject({
      lastUsedAt: new Date().toISOString(),
    })
    expect(await recorded()).toEqual(before)
  })

  it('reaches the Publisher once in five minutes per isolate, despite edits', async () => {
    const { id, secret, version } = await makeKey('told', 'client')
    const { at, reported } = openReporting()
    for (let i = 0; i < 5; i++) await evaluate(secret, at, version)
    const { snapshotVersion } = await putFlag('on', { description: 'another snapshot' })
    pass(REPORT_AFTER_MS - 1)
    await evaluate(secret, at, snapshotVersion)
    expect(reported).toEqual([id])
    pass(1)
    await evaluate(secret, at)
    expect(reported).toEqual([id, id])
    await waitUntilUsedNow(id)
  })

  it('reaches the Publisher again after the clock was set back', async () => {
    const { id, secret, version } = await makeKey('set back', 'client')
    const { at, reported } = openReporting()
    await evaluate(secret, at, version)
    vi.setSystemTime(Date.now() - 10 * REPORT_AFTER_MS)
    await evaluate(secret, at)
    expect(reported).toEqual([id, id])
  })

  it('reaches D1 when the stream token of the key opens a stream', async () => {
    const { id, secret, version } = await makeKey('listens', 'client')
    const body = { context: {} }
    const { stream } = await json<{ stream: string }>(
      sendWith(openReporting().at, 'POST', `/v1/bundle?minVersion=${version}`, {
        as: secret,
        body,
      }),
    )
    await waitUntilUsedNow(id)
    pass(REPORT_AFTER_MS)
    const answer = await send('GET', stream)
    await answer.body?.cancel()
    expect(answer.status).toBe(200)
    await waitUntilUsedNow(id)
  })

  it('stays unreported when the request is refused', async () => {
    const { secret, version } = await makeKey('nobody', 'viewer')
    const { at, reported } = openReporting()
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
    expect(reported).toEqual([])
  })

  it('gets a 200 while the Publisher is down, and is reported later', async () => {
    const { id, secret, version } = await makeKey('untold', 'client')
    const { at, reported, control } = openReporting()
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
    expect(reported).toEqual([id, id])
    await waitUntilUsedNow(id)
  })
})

const reportUse = (id: string) => getPublisher(env).reportKeyUse(id)

describe('Publisher: key use', () => {
  it('writes once a minute for a key, whatever the number of reports', async () => {
    const { id } = await makeKey('many', 'client')
    const { control, d1 } = lyingD1(env.DB)
    // The Publisher also asks once a minute whether D1 is its own.
    const countWrites = () =>
      control.queries.filter((query) => query.includes('last_used_at')).length
    await withPublisherBindings({ DB: d1 })
    await reportUse(id)
    await waitUntilUsedNow(id)
    pass(WRITE_INTERVAL_MS - 1)
    await Promise.all([reportUse(id), reportUse(id), reportUse(id)])
    expect(countWrites()).toBe(1)
    pass(1)
    await reportUse(id)
    await waitUntilUsedNow(id)
    expect(countWrites()).toBe(2)
  })

  it('collects reports during a write to D1 for the next write', async () => {
    const ids: string[] = []
    for (const name of ['a', 'b', 'c']) ids.push((await makeKey(`meanwhile ${name}`, 'client')).id)
    const { control, d1 } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    const { promise, resolve } = Promise.withResolvers<void>()
    control.holdAnswer = () => promise
    for (const id of ids) await reportUse(id)
    await until(() => control.calls > 0)
    control.holdAnswer = async () => {}
    resolve()
    for (const id of ids) await waitUntilUsedNow(id)
    expect(control.calls).toBe(2)
  })

  it('drops a use that D1 refuses, and writes it at the next report', async () => {
    const { id } = await makeKey('unwritten', 'client')
    const { control, d1 } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    await reportUse(id)
    await until(() => JSON.stringify(logged).includes('key_use.unwritten'))
    expect(await readLastUse(id)).toBeNull()
    control.mode = 'honest'
    await reportUse(id)
    await waitUntilUsedNow(id)
  })

  it('keeps the last use after an eviction, also when the clock was set back', async () => {
    const { id } = await makeKey('outlives', 'client')
    await reportUse(id)
    await waitUntilUsedNow(id)
    const at = Date.now()
    await evictDurableObject(getPublisher(env))
    vi.setSystemTime(at - 3_600_000)
    const { control, d1 } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    await reportUse(id)
    await until(() => control.calls > 0)
    expect(await readLastUse(id)).toBe(at)
  })

  it('creates no row for an unknown key', async () => {
    await reportUse('no such key')
    const { id } = await makeKey('after nobody', 'client')
    await reportUse(id)
    await waitUntilUsedNow(id)
    expect(await rows("SELECT 1 FROM api_key WHERE id = 'no such key'")).toEqual([])
  })
})

const me = (at: Env, sent: object) => sendWith(at, 'GET', '/api/me', sent)

describe('Use of an admin token', () => {
  it('reaches D1 once in five minutes per isolate', async () => {
    const { id, secret } = await makeKey('an editor', 'editor')
    const { control, d1 } = lyingD1(env.DB)
    const at = isolate({ DB: d1 })
    await me(at, { as: secret })
    expect(await readLastUse(id)).toBe(Date.now())
    const calls = control.calls
    pass(REPORT_AFTER_MS - 1)
    await me(at, { as: secret })
    expect(control.calls).toBe(calls + 1)
    pass(1)
    await me(at, { as: secret })
    expect(await readLastUse(id)).toBe(Date.now())
  })

  it('reaches D1 at a sign-in and while the session is used', async () => {
    const { id, secret } = await makeKey('a viewer', 'viewer')
    const headers = { Origin: 'https://flags.test' }
    const signedIn = await sendWith(isolate(), 'POST', '/api/session', {
      body: { token: secret },
      headers,
    })
    const Cookie = signedIn.headers.get('Set-Cookie')?.split(';')[0] ?? ''
    expect(await readLastUse(id)).toBe(Date.now())
    pass(REPORT_AFTER_MS)
    expect((await me(isolate(), { headers: { Cookie } })).status).toBe(200)
    expect(await readLastUse(id)).toBe(Date.now())
  })

  it('succeeds and is logged when D1 refuses the write', async () => {
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

  it('returns 403 for an evaluation key and writes nothing', async () => {
    const { id, secret } = await makeKey('lost its way', 'client')
    expect((await me(isolate(), { as: secret })).status).toBe(403)
    expect(await readLastUse(id)).toBeNull()
  })
})
