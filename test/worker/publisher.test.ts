import {
  createScheduledController,
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Snapshot } from '../../schema/snapshot.ts'
import { PUT_INTERVAL_MS } from '../../worker/objects/publisher/kv-delivery.ts'
import worker from '../../worker/index.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import type { Published, Publisher } from '../../worker/objects/publisher/publisher.ts'
import { openPublisherStore } from '../../worker/objects/publisher/publisher-store.ts'
import { applySwitchOff } from '../../worker/store/break-glass.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { editFlag } from '../../worker/store/flags.ts'
import { lyingD1, lyingKv, withPublisherBindings } from '../support/faults.ts'
import { migrate } from '../support/migrate.ts'

beforeEach(async () => {
  await reset()
  await migrate()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
})
afterEach(() => vi.useRealTimers())

const publisher = () => getPublisher(env)
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

/** Commits an edit of the flag `feature.a` as the admin API does, and returns its snapshot version. */
const commit = async (rollout: number, enabled = true): Promise<number> => {
  const settings = { description: null, enabled, rollout, rules: null, killSwitch: false }
  const editor = { actor: 'test', at: new Date(), comment: undefined }
  const result = await editFlag(
    openDatabase(env.DB),
    'feature.a',
    undefined,
    editor,
    () => settings,
  )
  if (result.outcome !== 'done') throw new Error(result.outcome)
  return result.snapshotVersion
}

const readKv = async () => {
  const text = await env.SNAPSHOTS.get('snapshot')
  return text === null ? null : Snapshot.parse(JSON.parse(text))
}

const getRollout = (snapshot: Snapshot | null) =>
  (snapshot?.flags[0] as { rollout?: number } | undefined)?.rollout

const getAlarmTime = () =>
  runInDurableObject(
    publisher(),
    async (_, { storage }) => (await storage.getAlarm()) ?? Number.NaN,
  )

/** Runs the alarm until no further alarm is set. */
const runAlarms = async (most = 10) => {
  for (let i = 0; i < most; i++) {
    pass(60_000)
    if (!(await runDurableObjectAlarm(publisher()))) return
  }
}

it('Publisher: serves a published edit at once and puts it into KV', async () => {
  const version = await commit(30)
  expect(await publisher().publish(version)).toEqual({
    databaseVersion: version,
    visibleIn: version,
  })
  expect(await publisher().newerThan(version - 1)).toMatchObject({ version, ageMs: 0 })
  await vi.waitFor(async () => expect(await readKv()).toMatchObject({ version }))
})

it('Publisher: puts the last of twenty quick edits into KV, at most once a second, despite an eviction', async () => {
  const { kv, control } = lyingKv(env.SNAPSHOTS)
  await withPublisherBindings({ SNAPSHOTS: kv })
  let version = 0
  for (let rollout = 1; rollout <= 20; rollout++) {
    version = await commit(rollout)
    await publisher().publish(version)
    pass(50)
    if (rollout !== 10) continue
    await evictDurableObject(publisher())
    await withPublisherBindings({ SNAPSHOTS: kv })
  }
  expect(control.puts.length).toBe(1)
  pass(PUT_INTERVAL_MS)
  await runDurableObjectAlarm(publisher())
  expect(control.puts.map((put) => put.version)).toEqual([1, version])
  expect(getRollout(await readKv())).toBe(20)
  const gaps = control.puts.slice(1).map(({ at }, index) => at - (control.puts[index]?.at ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000)
})

it('Publisher: includes every concurrent edit in the published snapshot', async () => {
  const versions = await Promise.all(
    Array.from({ length: 10 }, async (_, index) =>
      publisher()
        .publish(await commit(index + 1))
        .then(({ databaseVersion }) => databaseVersion),
    ),
  )
  expect(Math.max(...versions)).toBe(10)
  expect(await publisher().newerThan(9)).toMatchObject({ version: 10 })
})

describe('Publisher after a failure', () => {
  it('puts the snapshot into KV at its next alarm when it was evicted before the put', async () => {
    const { kv, control } = lyingKv(env.SNAPSHOTS)
    control.refusePuts = true
    await withPublisherBindings({ SNAPSHOTS: kv })
    const version = await commit(40)
    await publisher().publish(version)
    await evictDurableObject(publisher())
    expect(await readKv()).toBeNull()
    await runAlarms()
    expect(await readKv()).toMatchObject({ version })
  })

  it('retries a put that KV refuses, with growing pauses, until KV accepts it', async () => {
    const { kv, control } = lyingKv(env.SNAPSHOTS)
    control.refusePuts = true
    await withPublisherBindings({ SNAPSHOTS: kv })
    const version = await commit(41)
    await publisher().publish(version)
    const pauses: number[] = []
    for (let failure = 0; failure < 8; failure++) {
      pass(60_000)
      expect(await runDurableObjectAlarm(publisher())).toBe(true)
      pauses.push((await getAlarmTime()) - Date.now())
    }
    expect(control.puts.length).toBeGreaterThan(5)
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    expect([pauses[0], pauses.at(-1)]).toEqual([4_000, 30_000])
    control.refusePuts = false
    await runAlarms()
    expect(await readKv()).toMatchObject({ version })
    expect(await runDurableObjectAlarm(publisher())).toBe(false)
  })

  it('finds an edit at the next read when the Worker died before it called publish', async () => {
    await publisher().publish(await commit(1))
    const unannounced = await commit(50)
    pass(5_000)
    expect(await publisher().newerThan(unannounced - 1)).toMatchObject({ version: unannounced })
  })

  it('builds again for an edit that was committed after the running build had read D1', async () => {
    await publisher().publish(await commit(1))
    const { d1, control } = lyingD1(env.DB)
    const held: (() => void)[] = []
    control.holdAnswer = () => new Promise((letGo) => held.push(letGo))
    await withPublisherBindings({ DB: d1 })
    const early = publisher().publish(await commit(2))
    await vi.waitFor(() => expect(held).toHaveLength(1))
    const version = await commit(3)
    control.holdAnswer = async () => {}
    const late = await runInDurableObject<Publisher, Published>(publisher(), (instance) => {
      const published = instance.publish(version)
      held[0]?.()
      return published
    })
    expect(late).toMatchObject({ databaseVersion: version })
    await early
  })

  it('publishes an edit when D1 is back, after D1 was down and the object was evicted', async () => {
    const { d1, control } = lyingD1(env.DB)
    await publisher().publish(await commit(1))
    await runAlarms()
    const version = await commit(2)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'down'
    expect((await publisher().publish(version)).databaseVersion).toBeLessThan(version)
    expect(await runDurableObjectAlarm(publisher())).toBe(true)
    await evictDurableObject(publisher())
    await runAlarms()
    expect(await readKv()).toMatchObject({ version })
  })

  const losses: [string, () => Promise<void>][] = [
    ['is empty', () => env.SNAPSHOTS.delete('snapshot')],
    ['holds broken JSON', () => env.SNAPSHOTS.put('snapshot', '{"format":1,')],
    ['holds an unknown format', () => env.SNAPSHOTS.put('snapshot', '{"format":2}')],
  ]
  it.each(losses)('the cron restores the snapshot when KV %s', async (_, lose) => {
    const version = await commit(60)
    await publisher().publish(version)
    await vi.waitFor(async () => expect(await readKv()).not.toBeNull())
    await lose()
    pass(PUT_INTERVAL_MS)
    await worker.scheduled(createScheduledController(), env)
    expect(await readKv()).toMatchObject({ version })
  })
})

describe('Publisher without D1', () => {
  it('answers a read from its stored snapshot, with the age of the last D1 read', async () => {
    const version = await commit(70)
    await publisher().publish(version)
    const { d1, control } = lyingD1(env.DB)
    control.mode = 'down'
    await withPublisherBindings({ DB: d1 })
    pass(60_000)
    expect(await publisher().newerThan(0)).toMatchObject({ version, ageMs: 60_000 })
  })

  it('does not wait for a D1 read that hangs when another read comes five seconds later', async () => {
    await publisher().publish(await commit(1))
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    const version = await commit(2)
    control.mode = 'silent'
    pass(5_000)
    expect(await publisher().newerThan(0)).toMatchObject({ version: version - 1, ageMs: 5_000 })
    control.mode = 'honest'
    pass(5_000)
    expect(await publisher().newerThan(0)).toMatchObject({ version, ageMs: 0 })
  })

  it('returns no snapshot, at version -1, when it has stored none', async () => {
    const { d1, control } = lyingD1(env.DB)
    control.mode = 'down'
    await withPublisherBindings({ DB: d1 })
    expect(await publisher().newerThan(-1)).toMatchObject({ version: -1, snapshot: null })
  })

  it('switches a flag off and answers readers while D1 never answers', async () => {
    await publisher().publish(await commit(1))
    const { d1, control } = lyingD1(env.DB)
    control.mode = 'silent'
    await withPublisherBindings({ DB: d1 })
    pass(60_000)
    const off = await publisher().switchOff('feature.a', 'why')
    expect(off).toMatchObject({ changed: true, reconciled: false })
    const { version, snapshot } = await publisher().newerThan(0)
    expect(version).toBe(off?.version)
    expect(JSON.parse(snapshot ?? '')).toMatchObject({ flags: [{ enabled: false }] })
  })

  it('leaves the snapshot in KV alone when its own storage was lost', async () => {
    const version = await commit(1)
    await publisher().publish(version)
    await vi.waitFor(async () => expect(await readKv()).toMatchObject({ version }))
    await runInDurableObject(publisher(), (_, { storage }) => storage.deleteAll())
    await evictDurableObject(publisher())
    const { d1, control } = lyingD1(env.DB)
    control.mode = 'down'
    await withPublisherBindings({ DB: d1 })
    pass(PUT_INTERVAL_MS)
    await publisher().reconcile()
    expect(await publisher().newerThan(-1)).toMatchObject({ version: -1 })
    expect(await readKv()).toMatchObject({ version })
  })

  it('does not report an edit as published in an override version, even after D1 took the override over', async () => {
    const base = await commit(1)
    await publisher().publish(base)
    const { d1, control } = lyingD1(env.DB)
    control.mode = 'down'
    await withPublisherBindings({ DB: d1 })
    const off = await publisher().switchOff('feature.a', 'why')
    const edit = await commit(2)
    control.mode = 'commits silently'
    await publisher().reconcile()
    control.mode = 'honest'
    control.beforeBatch = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'))
    const published = await publisher().publish(edit)
    expect(published).toEqual({ databaseVersion: base, visibleIn: Number(off?.version) + 1 })
    expect(await publisher().newerThan(0)).toMatchObject({ version: off?.version, overrides: 0 })
    control.beforeBatch = undefined
    await runAlarms()
    expect(getRollout(await readKv())).toBe(2)
  })

  it('keeps its newer version and publishes a higher one when D1 was restored to an earlier version', async () => {
    await publisher().publish(await commit(1))
    const version = await commit(2)
    await publisher().publish(version)
    await env.DB.prepare('UPDATE snapshot_state SET version = 1').run()
    expect(await publisher().newerThan(0)).toMatchObject({ version })
    pass(5_000)
    expect(await publisher().newerThan(0)).toMatchObject({ version: version + 1 })
  })
})

it('applySwitchOff: completes an override of a flag that is off, and does not undo a later edit', async () => {
  const order = { id: 'order-1', key: 'feature.a', at: Date.now(), comment: 'why' }
  await commit(1, false)
  expect(await applySwitchOff(openDatabase(env.DB), order, 0)).toBe(false)
  const version = await commit(1)
  expect(await applySwitchOff(openDatabase(env.DB), order, 0)).toBe(false)
  await publisher().publish(version)
  await vi.waitFor(async () =>
    expect(await readKv()).toMatchObject({ version, flags: [{ enabled: true }] }),
  )
})

describe('Publisher store', () => {
  it('returns a snapshot of several rows unchanged, with any characters, after an eviction', async () => {
    const text = JSON.stringify({ name: '🎟️é漢'.repeat(400_000) })
    await runInDurableObject(publisher(), (_, state) => {
      openPublisherStore(state.storage).save(
        { version: 5, builtAt: '2026-01-01T00:00:00Z', nextStopAt: null },
        text,
      )
    })
    await evictDurableObject(publisher())
    await runInDurableObject(publisher(), (_, state) => {
      const store = openPublisherStore(state.storage)
      expect(store.state.version).toBe(5)
      expect(store.text() === text).toBe(true)
    })
  })

  it('refuses a snapshot that is not newer than the stored one', async () => {
    await runInDurableObject(publisher(), (_, state) => {
      const store = openPublisherStore(state.storage)
      expect(store.save({ version: 5, builtAt: '', nextStopAt: null }, 'five')).toBe(true)
      expect(store.save({ version: 5, builtAt: '', nextStopAt: null }, 'again')).toBe(false)
      expect(store.save({ version: 4, builtAt: '', nextStopAt: null }, 'four')).toBe(false)
      expect(store.text()).toBe('five')
    })
  })
})
