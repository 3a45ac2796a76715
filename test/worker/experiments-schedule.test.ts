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
import { auditOf, json, recorded, seedKeys, send, VIEWER, watchConsole } from '../support/api.ts'
import {
  act,
  assign,
  draft,
  expireAtOnce,
  getVariant,
  isolate,
  pass,
  patch,
  pendingOf,
  runExperiment,
  stopClock,
} from '../support/experiments.ts'
import { lyingD1, lyingParticipants, withPublisherBindings } from '../support/faults.ts'
import { migrate } from '../support/migrate.ts'

/** The outage of D1 is logged; nobody need read it here. */
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
const stopsOf = async (key: string) =>
  (await auditOf(`experiment:${key}`)).filter(({ action }) => action === 'experiment.stop')

const statuses = (keys: readonly string[]) =>
  Promise.all(keys.map(async (key) => (await get(key)).status))

const alarmAt = () => runInDurableObject(getPublisher(env), (_, { storage }) => storage.getAlarm())

/** Lets the Publisher's alarm run when it is due, until it is set for a time later than this. */
const runAlarmsUntil = async (time: number) => {
  for (let count = 0; count < 500; count++) {
    const due = await alarmAt()
    if (due === null || due > time) break
    if (due > Date.now()) pass(due - Date.now())
    await runDurableObjectAlarm(getPublisher(env))
  }
  if (time > Date.now()) pass(time - Date.now())
}

describe('startAt', () => {
  it('in the future: it runs, is shown as scheduled, and assigns nobody until that very millisecond', async () => {
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
    expect(await pendingOf('u-1')).toBe(0)
    pass(1)
    const { variant } = await getVariant('later', 'u-1', { at })
    expect(['A', 'B']).toContain(variant)
    expect(await assign('later', 'u-1', { at })).toEqual({ variant, isNew: true })
  })

  it('needs nothing behind the edge to come: no alarm, no edit, no newer snapshot', async () => {
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

  it('may be set by the launch, and put off between a pause and the next', async () => {
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
  it('stops the edge at that very millisecond, by its own clock', async () => {
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

  it('sets the Publisher’s alarm, which writes STOPPED once, as `schedule`', async () => {
    const stopAt = inMs(HOUR)
    const version = await runExperiment('recorded', { stopAt })
    await runAlarmsUntil(Date.now() + HOUR - 1)
    expect(await alarmAt()).toBe(Date.parse(stopAt))
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
    })
    expect(await stopsOf('recorded')).toEqual([
      expect.objectContaining({
        actor: 'schedule',
        at: stopAt,
        before: running,
        after: stopped,
        comment: null,
      }),
    ])
    expect((await recorded())?.snapshotVersion).toBe(version + 1)
    expect(await alarmAt()).toBeNull()
  })

  it('puts what is stopped into the snapshot that everybody reads', async () => {
    await runExperiment('published', { stopAt: inMs(HOUR) })
    await runAlarmsUntil(Date.now() + 2 * HOUR)
    const snapshot = Snapshot.parse(JSON.parse((await env.SNAPSHOTS.get('snapshot')) ?? ''))
    expect(snapshot.version).toBe((await recorded())?.snapshotVersion)
    expect(snapshot.experiments).toEqual([
      expect.objectContaining({ key: 'published', status: 'STOPPED' }),
    ])
  })

  it('of several experiments comes for each at its own time', async () => {
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

  it('is brought forward by a stop, and written no second time', async () => {
    await runExperiment('forward', { stopAt: inMs(HOUR) })
    pass(1_000)
    const now = inMs(0)
    await act('forward', 'stop', { comment: 'enough' })
    expect(await get('forward')).toMatchObject({ status: 'STOPPED', stopAt: now })
    await runAlarmsUntil(Date.now() + 2 * HOUR)
    expect(await stopsOf('forward')).toMatchObject([{ actor: 'local admin', comment: 'enough' }])
  })

  it('that is put off during a pause stops nothing at the time that it was', async () => {
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

  it('of a paused experiment waits for the person who paused it', async () => {
    await runExperiment('waits', { stopAt: inMs(HOUR) })
    await act('waits', 'pause')
    await runAlarmsUntil(Date.now() + 2 * HOUR)
    expect((await get('waits')).status).toBe('PAUSED')
    await expect(act('waits', 'launch')).rejects.toThrow(/has passed/)
    await act('waits', 'launch', { stopAt: null })
    expect((await get('waits')).status).toBe('RUNNING')
  })
})

describe('a stop that is due', () => {
  it('when D1 is down is written once D1 is back, and audited once', async () => {
    await runExperiment('dark', { stopAt: inMs(HOUR) })
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    const start = Date.now()
    await runAlarmsUntil(start + 1.5 * HOUR)
    expect((await get('dark')).status).toBe('RUNNING')
    expect(await alarmAt()).toBeGreaterThan(Date.now())
    control.mode = 'honest'
    await runAlarmsUntil(start + 2 * HOUR)
    expect((await get('dark')).status).toBe('STOPPED')
    expect(await stopsOf('dark')).toHaveLength(1)
    expect(await alarmAt()).toBeNull()
  })

  it('when D1 is silent is not waited for, and written once D1 speaks again', async () => {
    await runExperiment('silent', { stopAt: inMs(HOUR) })
    await runAlarmsUntil(Date.now() + HOUR - 1)
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'silent'
    expireAtOnce(10_000)
    pass(1)
    await runDurableObjectAlarm(getPublisher(env))
    expect(await alarmAt()).toBeGreaterThan(Date.now())
    control.mode = 'honest'
    await runAlarmsUntil(Date.now() + HOUR)
    expect(await stopsOf('silent')).toHaveLength(1)
  })

  it('that D1 commits without an answer is audited once, and published', async () => {
    await runExperiment('mute', { stopAt: inMs(HOUR) })
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'commits silently'
    const start = Date.now()
    await runAlarmsUntil(start + HOUR + 60_000)
    control.mode = 'honest'
    await runAlarmsUntil(start + 2 * HOUR)
    expect(await stopsOf('mute')).toHaveLength(1)
    expect(JSON.parse((await env.SNAPSHOTS.get('snapshot')) ?? '')).toMatchObject({
      version: (await recorded())?.snapshotVersion,
    })
  })

  it('is not forgotten by a Publisher that restarts before, or in the middle of it', async () => {
    await runExperiment('restarted', { stopAt: inMs(HOUR) })
    await runAlarmsUntil(Date.now() + HOUR - 1)
    await evictDurableObject(getPublisher(env))
    expect(await alarmAt()).toBe(Date.now() + 1)
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    await runAlarmsUntil(Date.now() + 60_000)
    await evictDurableObject(getPublisher(env))
    await runAlarmsUntil(Date.now() + HOUR)
    expect((await get('restarted')).status).toBe('STOPPED')
    expect(await stopsOf('restarted')).toHaveLength(1)
  })

  it('is written once, however often it is asked for at a time', async () => {
    await runExperiment('often', { stopAt: inMs(1_000) })
    pass(1_000)
    const db = openDatabase(env.DB)
    await Promise.all(Array.from({ length: 8 }, () => stopDueExperiments(db, new Date())))
    expect(await stopsOf('often')).toHaveLength(1)
  })

  it('gives way to somebody who puts it off at that very moment', async () => {
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
    expect(await stopsOf('beaten')).toEqual([])
  })
})
