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
  auditOf,
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
 * The glass is broken while D1 is down, for everybody: this isolate and the Publisher. What the Publisher then knows
 * must reach D1 and the audit once, whatever dies on the way.
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

describe('with D1 down', () => {
  it('a flag is off at once: here, everywhere that names the version, and within the bound', async () => {
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

  it('those who listen are told, and KV gets it', async () => {
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

  it('KV may be down as well', async () => {
    const { isolate, d1 } = await breakD1()
    const { kv, control } = lyingKv(env.SNAPSHOTS)
    control.isDown = true
    await withPublisherBindings({ DB: d1, SNAPSHOTS: kv })
    await breakGlass({ ...isolate, SNAPSHOTS: kv })
    expect((await evaluate({ ...env, SNAPSHOTS: kv })).flags[KEY]).toBe(false)
  })

  it('asking again changes nothing, and is answered the same', async () => {
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

  it('its version is beyond all that D1 has committed and nobody could build', async () => {
    const { isolate, control } = await breakD1()
    const committed = ((await recorded())?.snapshotVersion ?? 0) + 2 * VERSION_LEAP
    await env.DB.prepare('UPDATE snapshot_state SET version = ?').bind(committed).run()
    await publisher().publish(committed)
    expect((await breakGlass(isolate)).snapshotVersion).toBe(committed + VERSION_LEAP)
    control.mode = 'honest'
    await runAlarms()
    expect((await evaluate()).flags[KEY]).toBe(false)
  })

  it('a Publisher that dies with it pending has it still, and delivers it', async () => {
    const { isolate } = await breakD1()
    const { snapshotVersion } = await breakGlass(isolate)
    await evictDurableObject(publisher())
    expect(await publisher().newerThan(0)).toMatchObject({ version: snapshotVersion + 1 })
    expect(await flips()).toHaveLength(1)
    expect((await evaluate()).flags[KEY]).toBe(false)
  })

  it('health and the log say that it is pending, and for too long', async () => {
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

describe('when D1 is back', () => {
  it('D1 has the flag off, under the time and the reason of the order, in one audit row', async () => {
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

  it('a commit whose answer is lost is not made twice', async () => {
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

  it('who switches the flag on after such a commit, before the Publisher knows of it, has the last word', async () => {
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

  it('who breaks the glass again after that is obeyed, and the audit tells of both', async () => {
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

  it('what others edited meanwhile is in effect with it, and was not called published before', async () => {
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

  it('such an edit is not called published before it is, whatever dies between D1 and the build', async () => {
    const { isolate, control } = await breakD1()
    await breakGlass(isolate)
    const unheard = { ...env, PUBLISHER: undefined } as unknown as typeof isolate
    const edit = await sendWith(unheard, 'PATCH', '/api/flags/other.on', {
      as: ADMIN,
      body: { enabled: false },
    })
    const { snapshotVersion } = await json<{ snapshotVersion: number }>(edit)
    control.mode = 'honest'
    let calls = 0
    // D1 takes the order over, is lifted, tells its version, and is gone.
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

  it('the order wins over an edit of the same flag that D1 took without it, and later edits over the order', async () => {
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

  it('a flag that was deleted meanwhile, or switched off, leaves no audit row of it', async () => {
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

  it('a flag that is published as off, and on in an edit that is not, stays off', async () => {
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

  it('such a flag stays off also when a build that has it on is under way', async () => {
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

  it('an order that found the flag off is not carried out on who switches it on after that', async () => {
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

  it('several flags, one after the other, are all off and each has its row', async () => {
    const { isolate, control } = await breakD1()
    const first = await breakGlass(isolate)
    const second = await breakGlass(isolate, 'other.on')
    expect(second.snapshotVersion).toBeGreaterThan(first.snapshotVersion)
    control.mode = 'honest'
    await runAlarms()
    expect((await evaluate()).flags).toEqual({ [KEY]: false, 'other.on': false })
    for (const key of [KEY, 'other.on'])
      expect((await auditOf(`flag:${key}`))[0]).toMatchObject({ action: 'flag.break_glass' })
  })

  it('a build that read D1 before the order cannot bring the flag back', async () => {
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

  it('an empty database is not believed, and the order is kept', async () => {
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

describe('with D1 up', () => {
  const isolate = { ...env, ADMIN_TOKEN: ROOT }

  it('the order goes the same way, and D1 has it before it is answered', async () => {
    const broken = await breakGlass(isolate)
    expect(broken).toMatchObject({ changed: true, reconciled: true })
    expect(await inD1()).toMatchObject({ enabled: false })
    expect(await flips()).toHaveLength(1)
    expect((await evaluate()).flags[KEY]).toBe(false)
  })

  it('a flag that is off already is left as it is: no version, no audit row', async () => {
    await putFlag(KEY, { enabled: false })
    const before = await recorded()
    expect(await breakGlass(isolate)).toMatchObject({
      changed: false,
      reconciled: true,
      snapshotVersion: before?.snapshotVersion,
    })
    expect(await recorded()).toEqual(before)
  })

  it('the flip can be reverted, as any edit of a flag', async () => {
    await breakGlass(isolate)
    const [flip] = await flips()
    const reverted = await send('POST', `/api/audit/${flip?.id}/revert`, { as: ADMIN, body: {} })
    expect(reverted.status).toBe(200)
    expect(await inD1()).toMatchObject({ enabled: true })
  })
})
