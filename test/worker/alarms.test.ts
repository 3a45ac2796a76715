import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { OUTBOX_AGE_MS } from '../../worker/objects/participant/outbox.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { KV_LAG_MS, PUBLISH_LAG_MS } from '../../worker/objects/publisher/lag-alarms.ts'
import { putFlag, seedKeys, sendWith, SERVER, watchConsole } from '../support/api.ts'
import { assign, drain, pass, runExperiment, stopClock } from '../support/experiments.ts'
import {
  lyingD1,
  lyingKv,
  withParticipantBindings,
  withPublisherBindings,
} from '../support/faults.ts'

const logged = watchConsole()

beforeAll(async () => {
  await seedKeys()
  await runExperiment('running')
})
beforeEach(() => {
  stopClock()
  logged.length = 0
})
afterEach(async () => {
  await withPublisherBindings({ DB: env.DB, SNAPSHOTS: env.SNAPSHOTS })
  vi.useRealTimers()
})

const raised = (event: string) =>
  logged.flat().filter((line) => (line as { event?: string }).event === event)

describe('alarm.publish_lag', () => {
  it('the alarm is raised when D1 cannot be read after an edit, and ends by itself', async () => {
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    await putFlag('late')
    await runDurableObjectAlarm(getPublisher(env))
    expect(raised('alarm.publish_lag')).toEqual([])
    pass(PUBLISH_LAG_MS)
    await runDurableObjectAlarm(getPublisher(env))
    expect(raised('alarm.publish_lag')).toMatchObject([{ seconds: PUBLISH_LAG_MS / 1_000 }])
    control.mode = 'honest'
    pass(60_000)
    await getPublisher(env).reconcile()
    logged.length = 0
    pass(PUBLISH_LAG_MS)
    await getPublisher(env).reconcile()
    expect(raised('alarm.publish_lag')).toEqual([])
  })

  it('the cron raises the alarm when D1 is down and nothing is edited', async () => {
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    await getPublisher(env).reconcile()
    pass(60_000)
    await getPublisher(env).reconcile()
    expect(raised('alarm.publish_lag')).toMatchObject([{ seconds: 60, isD1Readable: false }])
  })
})

it('alarm.kv_lag: the alarm is raised when KV refuses every put, and not when KV is slow', async () => {
  const { kv, control } = lyingKv(env.SNAPSHOTS)
  control.refusePuts = true
  await withPublisherBindings({ SNAPSHOTS: kv })
  await putFlag('undelivered')
  await runDurableObjectAlarm(getPublisher(env))
  expect(raised('alarm.kv_lag')).toEqual([])
  pass(KV_LAG_MS)
  await runDurableObjectAlarm(getPublisher(env))
  expect(raised('alarm.kv_lag')).toMatchObject([{ seconds: KV_LAG_MS / 1_000 }])
})

it('alarm.outbox_age: the alarm is raised once per outage when rows of a user wait for D1', async () => {
  const { d1, control } = lyingD1(env.DB)
  await withParticipantBindings('waiting', { DB: d1 })
  for (const _ of ['an outage', 'another']) {
    logged.length = 0
    control.mode = 'honest'
    await sendWith({ ...env }, 'POST', '/v1/events', {
      as: SERVER,
      body: { events: [{ id: crypto.randomUUID(), type: 'x', userId: 'waiting' }] },
    })
    control.mode = 'down'
    await drain('waiting')
    expect(raised('alarm.outbox_age')).toEqual([])
    for (const ms of [OUTBOX_AGE_MS, 60_000, 60_000]) {
      pass(ms)
      await drain('waiting')
    }
    expect(raised('alarm.outbox_age')).toEqual([
      {
        event: 'alarm.outbox_age',
        seconds: OUTBOX_AGE_MS / 1_000,
        workerVersion: env.VERSION?.id,
      },
    ])
    control.mode = 'honest'
    await drain('waiting')
  }
  expect((await assign('running', 'waiting')).isNew).toBe(true)
})
