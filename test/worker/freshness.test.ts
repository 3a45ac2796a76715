import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { app } from '../../worker/app.ts'
import type { Env } from '../../worker/env.ts'
import { ADMIN, CLIENT, json, seedKeys, send, sendWith } from '../support/api.ts'
import { lyingKv } from '../support/faults.ts'

/*
 * The three guarantees of freshness, through HTTP, in workerd, against a KV that lies. Another `env` object is
 * another isolate: each has a memory of its own.
 */

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  await seedKeys()
})
afterAll(() => vi.useRealTimers())

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

/** An isolate far away, with bindings of its own. */
const isolate = (bindings: Partial<Env>) => {
  const far = { ...env, ...bindings }
  return {
    async evaluate(query = '') {
      const ctx = createExecutionContext()
      const answer = await app.fetch(
        new Request(`https://far.test/v1/flags/evaluate${query}`, {
          method: 'POST',
          headers: { 'X-API-Key': CLIENT, 'Content-Type': 'application/json' },
          body: '{"context":{}}',
        }),
        far,
        ctx,
      )
      await waitOnExecutionContext(ctx)
      const { flags } = await answer.json<{ flags?: Record<string, boolean> }>()
      return {
        status: answer.status,
        value: flags?.['kill.me'],
        version: Number(answer.headers.get('X-Snapshot-Version')),
        age: Number(answer.headers.get('X-Snapshot-Age')),
      }
    },
  }
}

const flip = async (enabled: boolean) =>
  (
    await json<{ snapshotVersion: number }>(
      send('PUT', '/api/flags/kill.me', { as: ADMIN, body: { enabled, rollout: 100 } }),
    )
  ).snapshotVersion

/** A warm isolate whose KV shows the switch on, for ever. */
const frozenWarmIsolate = async () => {
  await flip(true)
  const { kv, control } = lyingKv(env.SNAPSHOTS)
  const { evaluate } = isolate({ SNAPSHOTS: kv })
  await evaluate()
  control.frozenAt = await env.SNAPSHOTS.get('snapshot')
  expect((await evaluate()).value).toBe(true)
  return evaluate
}

it('Freshness 1: a flag switched off is off within 30 s, with KV frozen at its old value', async () => {
  const evaluate = await frozenWarmIsolate()
  await flip(false)
  pass(30_000)
  expect(await evaluate()).toMatchObject({ value: false, age: 0 })
})

it('Freshness 1: a busy isolate sees an edit after the refresh behind an answer', async () => {
  const evaluate = await frozenWarmIsolate()
  await flip(false)
  pass(5_000)
  await evaluate()
  expect((await evaluate()).value).toBe(false)
})

it('Freshness 1: a new isolate starts with the newest snapshot, not with that of KV', async () => {
  await frozenWarmIsolate()
  const stale = await env.SNAPSHOTS.get('snapshot')
  await flip(false)
  const { kv, control } = lyingKv(env.SNAPSHOTS)
  control.frozenAt = stale
  expect((await isolate({ SNAPSHOTS: kv }).evaluate()).value).toBe(false)
})

it('Freshness 2: a request that names the version of an edit sees it at once, in any isolate', async () => {
  const evaluate = await frozenWarmIsolate()
  const version = await flip(false)
  expect((await evaluate(`?minVersion=${version}`)).value).toBe(false)
})

it('Freshness 2: OFREP names the version by flagConfigEtag', async () => {
  const evaluate = await frozenWarmIsolate()
  const version = await flip(false)
  expect((await evaluate(`?flagConfigEtag=%22${version}%22`)).value).toBe(false)
})

it('Freshness 2: a version that does not exist, or is invalid, gets the newest snapshot', async () => {
  const evaluate = await frozenWarmIsolate()
  for (const version of ['99999', '-1', '1e99', 'x', '', '%00'])
    expect(await evaluate(`?minVersion=${version}`)).toMatchObject({ status: 200, value: true })
})

it('Freshness 3: a warm isolate answers with its age when KV and the Publisher are down', async () => {
  await flip(true)
  const { kv, control } = lyingKv(env.SNAPSHOTS)
  const publisher = { isDown: false }
  const namespace = {
    getByName: (name: string) => {
      if (publisher.isDown) throw new Error('Network connection lost.')
      return env.PUBLISHER.getByName(name)
    },
  } as unknown as Env['PUBLISHER']
  const { evaluate } = isolate({ SNAPSHOTS: kv, PUBLISHER: namespace })
  await evaluate()
  control.isDown = publisher.isDown = true
  for (const hours of [1, 23]) {
    pass(hours * 3_600_000)
    expect(await evaluate()).toMatchObject({ status: 200, value: true })
  }
  expect((await evaluate()).age).toBe(24 * 3_600)
})

it('Freshness 3: an isolate that never had a snapshot returns 503 with Retry-After', async () => {
  const { kv, control } = lyingKv(env.SNAPSHOTS)
  control.isDown = true
  const dead = { getByName: () => ({ newerThan: () => Promise.reject(new Error('gone')) }) }
  const far = { ...env, SNAPSHOTS: kv, PUBLISHER: dead as unknown as Env['PUBLISHER'] }
  const answer = await app.fetch(
    new Request('https://far.test/v1/flags/evaluate', {
      method: 'POST',
      headers: { 'X-API-Key': CLIENT },
    }),
    far,
    createExecutionContext(),
  )
  expect(answer.status).toBe(503)
  expect(answer.headers.get('Retry-After')).toBe('1')
  expect(await answer.json()).toMatchObject({ errorCode: 'UNAVAILABLE' })
})

const seen = async () =>
  (
    await json<{ flags: Record<string, boolean> }>(
      send('POST', '/v1/flags/evaluate', { as: CLIENT, body: { context: {} } }),
    )
  ).flags['kill.me']

it('Freshness 2: an editor sees the edit in the same isolate without naming its version', async () => {
  await flip(true)
  expect(await seen()).toBe(true)
  await flip(false)
  expect(await seen()).toBe(false)
})

it('Freshness 2: explain shows an edit in an isolate that has just verified an older version', async () => {
  const far = { ...env }
  const explained = async () => {
    const body = { context: {}, key: 'kill.me' }
    const answer = sendWith(far, 'POST', '/api/explain', { as: ADMIN, body })
    return (await json<{ flags: { value: boolean }[] }>(answer)).flags
  }
  await flip(true)
  expect(await explained()).toMatchObject([{ value: true }])
  await flip(false)
  expect(await explained()).toMatchObject([{ value: false }])
})
