import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Snapshot } from '../../schema/snapshot.ts'
import type { Experiment } from '../../schema/experiment.ts'
import { stopDueExperiments } from '../../worker/objects/publisher/stop-due-experiments.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { editExperiment } from '../../worker/store/experiments.ts'
import { readAudit, json, recorded, seedKeys, send, VIEWER, watchConsole } from '../support/api.ts'
import {
  act,
  assign,
  draft,
  expireAtOnce,
  getVariant,
  isolate,
  pass,
  patch,
  countPending,
  runExperiment,
  stopClock,
  withoutHistory,
} from '../support/experiments.ts'
import { lyingD1, lyingParticipants, withPublisherBindings } from '../support/faults.ts'
import { migrate } from '../support/migrate.ts'

/** Keeps the expected log lines about the D1 outage out of the output. */
watchConsole()

beforeEach(async () => {
  await reset()
  await migrate()
  stopClock()
  await seedKeys()
})
afterEach(() => vi.useRealTimers())

const HOUR = 3_600_000
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
const get = (key: string) =>
  json<Experiment>(send('GET', `/api/experiments/${key}`, { as: VIEWER }))
const listStops = async (key: string) =>
  (await readAudit(`experiment:${key}`)).filter(({ action }) => action === 'experiment.stop')

const statuses = (keys: readonly string[]) =>
  Promise.all(keys.map(async (key) => (await get(key)).status))

const getAlarmTime = () =>
  runInDurableObject(getPublisher(env), (_, { storage }) => storage.getAlarm())

/** Runs the Publisher's alarms that are due until this time. */
const runAlarmsUntil = async (time: number) => {
  for (let count = 0; count < 500; count++) {
    const due = await getAlarmTime()
    if (due === null || due > time) break
    if (due > Date.now()) pass(due - Date.now())
    await runDurableObjectAlarm(getPublisher(env))
  }
  if (time > Date.now()) pass(time - Date.now())
}

describe('startAt', () => {
  it('holds all assignments back until that very millisecond', async () => {
    const startAt = inMs(HOUR)
    const minVersion = await runExperiment('later', { startAt })
    expect(await get('later')).toMatchObject({ status: 'RUNNING', startAt })
    const at = isolate()
    pass(HOUR - 1)
    expect(await assign('later', 'u-1', { at, minVersion })).toEqual({
      variant: null,
      isNew: false,
    })
    expect(await getVariant('later', 'u-1', { at })).toEqual({ variant: null })
    expect(await countPending('u-1')).toBe(0)
    pass(1)
    const { variant } = await getVariant('later', 'u-1', { at })
    expect(['A', 'B']).toContain(variant)
    expect(await assign('later', 'u-1', { at })).toEqual({ variant, isNew: true })
  })

  it('takes effect without D1, an edit or a newer snapshot', async () => {
    const minVersion = await runExperiment('alone', { startAt: inMs(HOUR) })
    const { d1, control } = lyingD1(env.DB)
    const at = isolate({ DB: d1, PARTICIPANT: lyingParticipants(env.PARTICIPANT).namespace })
    await getVariant('alone', 'u-2', { at, minVersion })
    const before = await recorded()
    control.mode = 'down'
    await withPublisherBindings({ DB: d1 })
    pass(HOUR)
    expect((await getVariant('alone', 'u-2', { at })).variant).not.toBeNull()
    expect(await recorded()).toEqual(before)
  })

  it('accepts a later time when a paused experiment is launched again', async () => {
    await draft('put-off')
    await act('put-off', 'launch', { startAt: inMs(HOUR) })
    const at = isolate()
    await act('put-off', 'pause')
    const minVersion = await act('put-off', 'launch', { startAt: inMs(2 * HOUR) })
    pass(2 * HOUR - 1)
    expect(await getVariant('put-off', 'u-3', { at, minVersion })).toEqual({ variant: null })
    pass(1)
    expect((await getVariant('put-off', 'u-3', { at })).variant).not.toBeNull()
  })
})

describe('stopAt', () => {
  it('ends assignments at that very millisecond, by the clock of the isolate', async () => {
    const minVersion = await runExperiment('ends', { stopAt: inMs(HOUR) })
    const at = isolate()
    const before = await recorded()
    const { variant } = await assign('ends', 'u-4', { at, minVersion })
    pass(HOUR - 1)
    expect(await assign('ends', 'u-4', { at })).toEqual({ variant, isNew: false })
    pass(1)
    expect(await assign('ends', 'u-4', { at })).toEqual({ variant: null, isNew: false })
    expect(await getVariant('ends', 'u-4', { at })).toEqual({ variant: null })
    expect(await recorded()).toEqual(before)
  })

  it('lets the Publisher’s alarm write STOPPED once, as the actor `schedule`', async () => {
    const stopAt = inMs(HOUR)
    const version = await runExperiment('recorded', { stopAt })
    await runAlarmsUntil(Date.now() + HOUR - 1)
    expect(await getAlarmTime()).toBe(Date.parse(stopAt))
    const running = await get('recorded')
    expect(running.status).toBe('RUNNING')
    await runAlarmsUntil(Date.parse(stopAt) + 3 * HOUR)
    const stopped = await get('recorded')
    expect(stopped).toEqual({
      ...running,
      status: 'STOPPED',
      stopAt,
      version: running.version + 1,
      updatedAt: stopAt,
      stoppedAt: stopAt,
    })
    expect(await listStops('recorded')).toEqual([
      expect.objectContaining({
        actor: 'schedule',
        at: stopAt,
        before: withoutHistory(running),
        after: withoutHistory(stopped),
        comment: null,
      }),
    ])
    expect((await recorded())?.snapshotVersion).toBe(version + 1)
    expect(await getAlarmTime()).toBeNull()
  })

  it('publishes a snapshot with the stopped experiment', async () => {
    await runExperiment('published', { stopAt: inMs(HOUR) })
    await runAlarmsUntil(Date.now() + 2 * HOUR)
    const snapshot = Snapshot.parse(JSON.parse((await env.SNAPSHOTS.get('snapshot')) ?? ''))
    expect(snapshot.version).toBe((await recorded())?.snapshotVersion)
    expect(snapshot.experiments).toEqual([
      expect.objectContaining({ key: 'published', status: 'STOPPED' }),
    ])
  })

  it('stops several experiments, each at its own time', async () => {
    const keys = ['first', 'first-too', 'second', 'never']
    await runExperiment('second', { stopAt: inMs(2 * HOUR) })
    await runExperiment('first', { stopAt: inMs(HOUR) })
    await runExperiment('first-too', { stopAt: inMs(HOUR) })
    await runExperiment('never')
    const start = Date.now()
    await runAlarmsUntil(start + 1.5 * HOUR)
    expect(await statuses(keys)).toEqual(['STOPPED', 'STOPPED', 'RUNNING', 'RUNNING'])
    await runAlarmsUntil(start + 2.5 * HOUR)
    expect(await statuses(keys)).toEqual(['STOPPED', 'STOPPED', 'STOPPED', 'RUNNING'])
  })

  it('becomes the time of an earlier manual stop, with no second stop', async () => {
    await runExperiment('forward', { stopAt: inMs(HOUR) })
    pass(1_000)
    const now = inMs(0)
    await act('forward', 'stop', { comment: 'enough' })
    expect(await get('forward')).toMatchObject({ status: 'STOPPED', stopAt: now })
    await runAlarmsUntil(Date.now() + 2 * HOUR)
    expect(await listStops('forward')).toMatchObject([{ actor: 'local admin', comment: 'enough' }])
  })

  it('stops nothing at the old time when it was moved during a pause', async () => {
    await runExperiment('put-off', { stopAt: inMs(HOUR) })
    await act('put-off', 'pause')
    const stopAt = inMs(3 * HOUR)
    await patch('put-off', { stopAt })
    await act('put-off', 'launch')
    const start = Date.now()
    await runAlarmsUntil(start + 2 * HOUR)
    expect((await get('put-off')).status).toBe('RUNNING')
    await runAlarmsUntil(start + 4 * HOUR)
    expect(await get('put-off')).toMatchObject({ status: 'STOPPED', stopAt })
  })

  it('leaves a paused experiment paused, and blocks a relaunch until it is changed', async () => {
    await runExperiment('waits', { stopAt: inMs(HOUR) })
    await act('waits', 'pause')
    await runAlarmsUntil(Date.now() + 2 * HOUR)
    expect((await get('waits')).status).toBe('PAUSED')
    await expect(act('waits', 'launch')).rejects.toThrow(/has passed/)
    await act('waits', 'launch', { stopAt: null })
    expect((await get('waits')).status).toBe('RUNNING')
  })
})

describe('A stop that is due', () => {
  it('reaches D1 and the audit once when D1 is back', async () => {
    await runExperiment('dark', { stopAt: inMs(HOUR) })
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    const start = Date.now()
    await runAlarmsUntil(start + 1.5 * HOUR)
    expect((await get('dark')).status).toBe('RUNNING')
    expect(await getAlarmTime()).toBeGreaterThan(Date.now())
    control.mode = 'honest'
    await runAlarmsUntil(start + 2 * HOUR)
    expect((await get('dark')).status).toBe('STOPPED')
    expect(await listStops('dark')).toHaveLength(1)
    expect(await getAlarmTime()).toBeNull()
  })

  it('does not wait for a D1 that never answers, and is audited once later', async () => {
    await runExperiment('silent', { stopAt: inMs(HOUR) })
    await runAlarmsUntil(Date.now() + HOUR - 1)
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'silent'
    expireAtOnce(10_000)
    pass(1)
    await runDurableObjectAlarm(getPublisher(env))
    expect(await getAlarmTime()).toBeGreaterThan(Date.now())
    control.mode = 'honest'
    await runAlarmsUntil(Date.now() + HOUR)
    expect(await listStops('silent')).toHaveLength(1)
  })

  it('gets one audit entry and is published when the answer of D1 is lost', async () => {
    await runExperiment('mute', { stopAt: inMs(HOUR) })
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'commits silently'
    const start = Date.now()
    await runAlarmsUntil(start + HOUR + 60_000)
    control.mode = 'honest'
    await runAlarmsUntil(start + 2 * HOUR)
    expect(await listStops('mute')).toHaveLength(1)
    expect(JSON.parse((await env.SNAPSHOTS.get('snapshot')) ?? '')).toMatchObject({
      version: (await recorded())?.snapshotVersion,
    })
  })

  it('survives an eviction of the Publisher before and during the stop', async () => {
    await runExperiment('restarted', { stopAt: inMs(HOUR) })
    await runAlarmsUntil(Date.now() + HOUR - 1)
    await evictDurableObject(getPublisher(env))
    expect(await getAlarmTime()).toBe(Date.now() + 1)
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    await runAlarmsUntil(Date.now() + 60_000)
    await evictDurableObject(getPublisher(env))
    await runAlarmsUntil(Date.now() + HOUR)
    expect((await get('restarted')).status).toBe('STOPPED')
    expect(await listStops('restarted')).toHaveLength(1)
  })

  it('gets one audit entry when eight callers write it at once', async () => {
    await runExperiment('often', { stopAt: inMs(1_000) })
    pass(1_000)
    const db = openDatabase(env.DB)
    await Promise.all(Array.from({ length: 8 }, () => stopDueExperiments(db, new Date())))
    expect(await listStops('often')).toHaveLength(1)
  })

  it('yields to an edit that moves stopAt at the same moment', async () => {
    await runExperiment('beaten', { stopAt: inMs(1_000) })
    pass(1_000)
    const { d1, control } = lyingD1(env.DB)
    control.beforeBatch = async () => {
      control.beforeBatch = undefined
      await editExperiment(
        openDatabase(env.DB),
        { actor: 'somebody', at: new Date(), comment: undefined },
        {
          key: 'beaten',
          action: 'experiment.update',
          version: undefined,
          decide: (current) => ({ next: { ...current, stopAt: inMs(HOUR) } }),
        },
      )
    }
    await stopDueExperiments(openDatabase(d1), new Date())
    expect((await get('beaten')).status).toBe('RUNNING')
    expect(await listStops('beaten')).toEqual([])
  })
})
