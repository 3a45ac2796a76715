import {
  evictDurableObject,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { VERSION_LEAP } from '../../worker/objects/publisher/switch-off.ts'
import { OVERRIDE_MS } from '../../worker/objects/publisher/lag-alarms.ts'
import {
  ADMIN,
  readAudit,
  json,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
  watchConsole,
} from '../support/api.ts'
import {
  breakD1,
  breakGlass,
  COMMENT,
  evaluate,
  flips,
  inD1,
  KEY,
  pass,
  publisher,
  ROOT,
  runAlarms,
} from '../support/break-glass.ts'
import { lyingD1, lyingKv, withPublisherBindings } from '../support/faults.ts'
import { migrate } from '../support/migrate.ts'

/*
 * D1 is down for this isolate and for the Publisher. The override must later reach D1 and the audit exactly once,
 * whichever part fails on the way.
 */

const logged = watchConsole()

beforeEach(async () => {
  await reset()
  await migrate()
  logged.length = 0
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  await seedKeys()
  await putFlag('other.on')
  await putFlag(KEY)
})
afterEach(() => vi.useRealTimers())

describe('Break-glass override while D1 is down', () => {
  it('turns the flag off at once here and for the named version, elsewhere within 30 s', async () => {
    const far = { ...env }
    const named = { ...env }
    for (const reader of [far, named]) expect((await evaluate(reader)).flags[KEY]).toBe(true)
    const { isolate } = await breakD1()
    const before = await recorded()
    const broken = await breakGlass(isolate)
    expect(broken).toEqual({
      key: KEY,
      enabled: false,
      changed: true,
      snapshotVersion: (before?.snapshotVersion ?? 0) + VERSION_LEAP,
      published: true,
      reconciled: false,
    })
    const { snapshotVersion: version } = broken
    const off = { flags: { [KEY]: false, 'other.on': true }, version }
    expect(await evaluate(isolate)).toEqual(off)
    expect(await evaluate(named, `?minVersion=${version}`)).toEqual(off)
    pass(30_000)
    expect(await evaluate(far)).toEqual(off)
    expect(await recorded()).toEqual(before)
  })

  it('reaches the stream and KV', async () => {
    const { body } = await publisher().fetch('https://publisher/')
    const told = body?.pipeThrough(new TextDecoderStream()).getReader()
    await told?.read()
    const { isolate } = await breakD1()
    const { snapshotVersion } = await breakGlass(isolate)
    expect((await told?.read())?.value).toContain(`id: ${snapshotVersion}\n`)
    await told?.cancel()
    await runAlarms()
    const { version, flags } = JSON.parse((await env.SNAPSHOTS.get('snapshot')) ?? '{}')
    expect(version).toBe(snapshotVersion)
    expect(flags).toContainEqual(expect.objectContaining({ key: KEY, enabled: false }))
  })

  it('turns the flag off while KV is down as well', async () => {
    const { isolate, d1 } = await breakD1()
    const { kv, control } = lyingKv(env.SNAPSHOTS)
    control.isDown = true
    await withPublisherBindings({ DB: d1, SNAPSHOTS: kv })
    await breakGlass({ ...isolate, SNAPSHOTS: kv })
    expect((await evaluate({ ...env, SNAPSHOTS: kv })).flags[KEY]).toBe(false)
  })

  it('returns the same version and changes nothing when it is repeated', async () => {
    const { isolate, control } = await breakD1()
    const { snapshotVersion } = await breakGlass(isolate)
    const at = new Date(Date.now()).toISOString()
    for (const _ of ['again', 'and again']) {
      pass(1_000)
      expect(await breakGlass(isolate)).toMatchObject({ changed: false, snapshotVersion })
    }
    control.mode = 'honest'
    await runAlarms()
    expect(await flips()).toMatchObject([{ at }])
  })

  it('gets a version above the versions that D1 committed and the Publisher could not build', async () => {
    const { isolate, control } = await breakD1()
    const committed = ((await recorded())?.snapshotVersion ?? 0) + 2 * VERSION_LEAP
    await env.DB.prepare('UPDATE snapshot_state SET version = ?').bind(committed).run()
    await publisher().publish(committed)
    expect((await breakGlass(isolate)).snapshotVersion).toBe(committed + VERSION_LEAP)
    control.mode = 'honest'
    await runAlarms()
    expect((await evaluate()).flags[KEY]).toBe(false)
  })

  it('survives an eviction of the Publisher and then reaches D1', async () => {
    const { isolate } = await breakD1()
    const { snapshotVersion } = await breakGlass(isolate)
    await evictDurableObject(publisher())
    expect(await publisher().newerThan(0)).toMatchObject({ version: snapshotVersion + 1 })
    expect(await flips()).toHaveLength(1)
    expect((await evaluate()).flags[KEY]).toBe(false)
  })

  it('shows as pending in /health, and raises an alarm when it is pending too long', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    expect(await json(sendWith(isolate, 'GET', '/health'))).toMatchObject({ overridesPending: 1 })
    expect(JSON.stringify(logged)).toContain('alarm.break_glass')
    await publisher().reconcile()
    expect(JSON.stringify(logged)).not.toContain('alarm.override_pending')
    pass(OVERRIDE_MS)
    await publisher().reconcile()
    expect(logged.flat()).toContainEqual({
      event: 'alarm.override_pending',
      seconds: OVERRIDE_MS / 1_000,
      keys: [KEY],
      workerVersion: env.VERSION?.id,
    })
    expect(JSON.stringify(logged)).not.toContain(COMMENT)
    control.mode = 'honest'
    await publisher().reconcile()
    pass(5_000)
    expect(await json(sendWith({ ...env }, 'GET', '/health'))).toMatchObject({
      overridesPending: 0,
    })
  })
})

describe('Break-glass override when D1 is back', () => {
  it('switches the flag off in D1 with one audit entry that has its own time and comment', async () => {
    const { isolate, control } = await breakD1()
    const at = new Date(Date.now()).toISOString()
    const { snapshotVersion } = await breakGlass(isolate)
    pass(3_600_000)
    control.mode = 'honest'
    await runAlarms()
    expect(await inD1()).toMatchObject({ enabled: false, version: 2, updatedAt: at })
    expect(await flips()).toMatchObject([
      {
        actor: 'ADMIN_TOKEN',
        at,
        target: `flag:${KEY}`,
        comment: COMMENT,
        before: { enabled: true, version: 1 },
        after: { enabled: false, version: 2 },
      },
    ])
    expect(await recorded()).toMatchObject({ snapshotVersion: snapshotVersion + 1 })
    expect(await evaluate()).toMatchObject({
      flags: { [KEY]: false },
      version: snapshotVersion + 1,
    })
    expect(await runDurableObjectAlarm(publisher())).toBe(false)
  })

  it('has one commit in D1 when the answer of D1 is lost', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    control.mode = 'commits silently'
    await runAlarms(3)
    expect(await flips()).toHaveLength(1)
    control.mode = 'honest'
    await runAlarms()
    expect(await flips()).toHaveLength(1)
    expect(await inD1()).toMatchObject({ enabled: false, version: 2 })
    expect(await publisher().newerThan(0)).toMatchObject({ overrides: 0 })
  })

  it('yields to an edit that follows its commit, when the answer of D1 was lost', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    control.mode = 'commits silently'
    await publisher().reconcile()
    const edit = await putFlag(KEY, { enabled: true })
    expect(edit).toMatchObject({ published: false, flag: { enabled: true } })
    expect((await evaluate()).flags[KEY]).toBe(false)
    control.mode = 'honest'
    await runAlarms()
    expect(await evaluate()).toEqual({
      flags: { [KEY]: true, 'other.on': true },
      version: edit.snapshotVersion,
    })
    expect(await flips()).toHaveLength(1)
  })

  it('turns the flag off again after such an edit, with an audit entry of its own', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    control.mode = 'commits silently'
    await publisher().reconcile()
    await putFlag(KEY, { enabled: true })
    for (const _ of ['again', 'and again, to be sure'])
      expect(await breakGlass(isolate)).toMatchObject({ changed: false, reconciled: false })
    control.mode = 'honest'
    await runAlarms()
    expect(await inD1()).toMatchObject({ enabled: false })
    expect((await evaluate()).flags[KEY]).toBe(false)
    expect(await flips()).toHaveLength(2)
  })

  it('appears together with other edits, which are reported as unpublished until then', async () => {
    const { isolate, control } = await breakD1()
    const { snapshotVersion } = await breakGlass(isolate)
    const meanwhile = await putFlag('other.on', { enabled: false })
    expect(meanwhile.published).toBe(false)
    expect(meanwhile.snapshotVersion).toBe(snapshotVersion + 1)
    expect((await evaluate()).flags).toEqual({ [KEY]: false, 'other.on': true })
    control.mode = 'honest'
    await runAlarms()
    expect((await evaluate()).flags).toEqual({ [KEY]: false, 'other.on': false })
  })

  it('leaves another edit reported as unpublished when D1 fails and the Publisher is evicted', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    const unheard = {
      ...env,
      PUBLISHER: { idFromName: () => publisher().id },
    } as unknown as typeof isolate
    const edit = await sendWith(unheard, 'PATCH', '/api/flags/other.on', {
      as: ADMIN,
      body: { enabled: false },
    })
    const { snapshotVersion } = await json<{ snapshotVersion: number }>(edit)
    control.mode = 'honest'
    let calls = 0
    // D1 takes the override over, raises its version, returns it, and then fails.
    control.hold = async () => {
      const { snapshotVersion: now = 0 } = (await recorded()) ?? {}
      if (now > VERSION_LEAP && calls++ > 1) throw new Error('D1_ERROR: Network connection lost.')
    }
    await publisher().reconcile()
    expect(await flips()).toHaveLength(1)
    await evictDurableObject(publisher())
    await withPublisherBindings({ DB: isolate.DB })
    const { databaseVersion } = await publisher().publish(snapshotVersion)
    expect(databaseVersion).toBeLessThan(snapshotVersion)
    control.hold = async () => {}
    const { databaseVersion: after, visibleIn } = await publisher().publish(snapshotVersion)
    expect(after).toBeGreaterThanOrEqual(snapshotVersion)
    expect((await evaluate(isolate, `?minVersion=${visibleIn}`)).flags).toEqual({
      [KEY]: false,
      'other.on': false,
    })
  })

  it('wins over an edit of its flag that D1 committed first, and yields to later edits', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    await putFlag(KEY, { enabled: true, rollout: 50 })
    control.mode = 'honest'
    const far = { ...env }
    expect((await evaluate(far)).flags['another.flag']).toBe(undefined)
    const again = await putFlag('another.flag')
    expect(again.published).toBe(true)
    const named = await evaluate(far, `?minVersion=${again.snapshotVersion}`)
    expect(named.flags['another.flag']).toBe(true)
    expect(await inD1()).toMatchObject({ enabled: false, rollout: 50 })
    expect((await evaluate()).flags[KEY]).toBe(false)
    const on = await putFlag(KEY)
    expect(on).toMatchObject({ published: true, flag: { enabled: true } })
    expect((await evaluate(undefined, `?minVersion=${on.snapshotVersion}`)).flags[KEY]).toBe(true)
  })

  it('adds no audit entry when an edit meanwhile deleted the flag or switched it off', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    await breakGlass(isolate, 'other.on')
    await putFlag(KEY, { enabled: false })
    await send('DELETE', '/api/flags/other.on', { as: ADMIN })
    const before = await recorded()
    control.mode = 'honest'
    await runAlarms()
    expect((await recorded())?.audits).toBe(before?.audits)
    expect((await evaluate()).flags).toEqual({ [KEY]: false })
    expect(await putFlag('other.on')).toMatchObject({ published: true })
    expect((await evaluate()).flags).toMatchObject({ 'other.on': true })
  })

  it('keeps a published-off flag off when an unpublished edit had switched it on', async () => {
    await putFlag(KEY, { enabled: false })
    const { isolate, control } = await breakD1()
    await putFlag(KEY, { enabled: true })
    expect(await breakGlass(isolate)).toMatchObject({ changed: false, reconciled: false })
    control.mode = 'honest'
    await runAlarms()
    expect(await inD1()).toMatchObject({ enabled: false })
    expect(await flips()).toHaveLength(1)
    expect((await evaluate()).flags[KEY]).toBe(false)
  })

  it('keeps a published-off flag off while a build with the flag on is under way', async () => {
    await putFlag(KEY, { enabled: false })
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'held'
    const edit = putFlag(KEY, { enabled: true })
    await vi.waitFor(() => expect(control.held.length).toBeGreaterThan(0))
    control.mode = 'down'
    const broken = await breakGlass({ ...env, DB: d1, ADMIN_TOKEN: ROOT })
    expect(broken).toMatchObject({ changed: false, reconciled: false })
    await runInDurableObject(publisher(), () => control.held.forEach((letGo) => letGo()))
    expect(await edit).toMatchObject({ published: false })
    expect((await evaluate()).flags[KEY]).toBe(false)
    control.mode = 'honest'
    await runAlarms()
    expect((await evaluate()).flags[KEY]).toBe(false)
    expect(await flips()).toHaveLength(1)
  })

  it('does not undo a later edit when its commit found the flag off already', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    await putFlag(KEY, { enabled: false })
    control.mode = 'commits silently'
    await publisher().reconcile()
    await putFlag(KEY, { enabled: true })
    control.mode = 'honest'
    await runAlarms()
    expect((await evaluate()).flags[KEY]).toBe(true)
    expect(await flips()).toEqual([])
  })

  it('turns several flags off, with one audit entry each', async () => {
    const { isolate, control } = await breakD1()
    const first = await breakGlass(isolate)
    const second = await breakGlass(isolate, 'other.on')
    expect(second.snapshotVersion).toBeGreaterThan(first.snapshotVersion)
    control.mode = 'honest'
    await runAlarms()
    expect((await evaluate()).flags).toEqual({ [KEY]: false, 'other.on': false })
    for (const key of [KEY, 'other.on'])
      expect((await readAudit(`flag:${key}`))[0]).toMatchObject({ action: 'flag.break_glass' })
  })

  it('keeps the flag off when an older build of D1 ends after it', async () => {
    const { d1, control } = lyingD1(env.DB)
    await withPublisherBindings({ DB: d1 })
    control.mode = 'held'
    const { snapshotVersion } = await json<{ snapshotVersion: number }>(
      send('PUT', '/api/flags/slow.build', { as: ADMIN, body: {} }),
    )
    await vi.waitFor(() => expect(control.held.length).toBeGreaterThan(0))
    control.mode = 'down'
    const broken = await breakGlass({ ...env, DB: d1, ADMIN_TOKEN: ROOT })
    expect(broken.snapshotVersion).toBeGreaterThan(snapshotVersion)
    control.mode = 'honest'
    await runInDurableObject(publisher(), () => control.held.forEach((letGo) => letGo()))
    await runAlarms()
    expect((await evaluate()).flags).toMatchObject({ [KEY]: false, 'slow.build': false })
  })

  it('stays pending when D1 comes back empty', async () => {
    const { isolate } = await breakD1()
    await breakGlass(isolate)
    await env.DB.batch([
      env.DB.prepare('DELETE FROM feature_flag'),
      env.DB.prepare('UPDATE snapshot_state SET version = 0'),
    ])
    await withPublisherBindings({ DB: env.DB })
    await publisher().reconcile()
    expect(JSON.stringify(logged)).toContain('alarm.database_empty')
    expect((await evaluate()).flags).toEqual({ [KEY]: false, 'other.on': true })
    expect(await publisher().newerThan(0)).toMatchObject({ overrides: 1 })
  })
})

describe('Break-glass override while D1 is up', () => {
  const isolate = { ...env, ADMIN_TOKEN: ROOT }

  it('reaches D1 before the request is answered', async () => {
    const broken = await breakGlass(isolate)
    expect(broken).toMatchObject({ changed: true, reconciled: true })
    expect(await inD1()).toMatchObject({ enabled: false })
    expect(await flips()).toHaveLength(1)
    expect((await evaluate()).flags[KEY]).toBe(false)
  })

  it('creates no version and no audit entry when the flag is off already', async () => {
    await putFlag(KEY, { enabled: false })
    const before = await recorded()
    expect(await breakGlass(isolate)).toMatchObject({
      changed: false,
      reconciled: true,
      snapshotVersion: before?.snapshotVersion,
    })
    expect(await recorded()).toEqual(before)
  })

  it('can be reverted from the audit', async () => {
    await breakGlass(isolate)
    const [flip] = await flips()
    const reverted = await send('POST', `/api/audit/${flip?.id}/revert`, { as: ADMIN, body: {} })
    expect(reverted.status).toBe(200)
    expect(await inD1()).toMatchObject({ enabled: true })
  })
})
