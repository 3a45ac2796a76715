import { evictDurableObject, reset, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import {
  ADMIN,
  CLIENT,
  json,
  putFlag,
  seedKeys,
  send,
  sendWith,
  watchConsole,
} from '../support/api.ts'
import {
  act,
  assign,
  draft,
  drain,
  getVariant,
  identify,
  patch,
  reweight,
  rows,
  runExperiment,
  userWith,
  weighted,
} from '../support/experiments.ts'
import { lyingParticipants } from '../support/faults.ts'
import { migrate } from '../support/migrate.ts'

/*
 * D1 goes back to an earlier time, as D1 Time Travel does: all tables at once. The Publisher, KV and the isolates have
 * seen later versions.
 */

const logged = watchConsole()

beforeEach(async () => {
  await reset()
  await migrate()
  logged.length = 0
  isolate = { ...env }
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  await seedKeys()
})
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

const listSchema = (type: 'table' | 'trigger') =>
  rows<{ name: string; sql: string }>(
    `SELECT name, sql FROM sqlite_master WHERE type = ? AND name NOT GLOB 'sqlite_*'
     AND name NOT GLOB '_cf_*' AND name NOT GLOB 'd1_*'`,
    type,
  )

/** Copies every table. */
const bookmark = async () =>
  Promise.all(
    (await listSchema('table')).map(async ({ name }) => ({
      name,
      saved: await rows(`SELECT * FROM ${name}`),
    })),
  )

/** Puts every table back, without the triggers: a restore runs none. */
const restore = async (tables: Awaited<ReturnType<typeof bookmark>>) => {
  const triggers = await listSchema('trigger')
  await env.DB.batch([
    ...triggers.map(({ name }) => env.DB.prepare(`DROP TRIGGER ${name}`)),
    ...tables.flatMap(({ name, saved }) => [
      env.DB.prepare(`DELETE FROM ${name}`),
      ...saved.map((row) =>
        env.DB.prepare(
          `INSERT INTO ${name} VALUES (${Object.keys(row)
            .map(() => '?')
            .join(', ')})`,
        ).bind(...Object.values(row)),
      ),
    ]),
    ...triggers.map(({ sql }) => env.DB.prepare(sql)),
  ])
}

/** Each test has its own isolate, which keeps its snapshot like a remote location. */
let isolate = { ...env }
const isOn = async (query = '') => {
  const sent = { as: CLIENT, body: { context: {} } }
  const answer = await sendWith(isolate, 'POST', `/v1/flags/evaluate${query}`, sent)
  const { flags, version } = await json<{ flags: Record<string, boolean>; version: number }>(answer)
  return { value: flags['kill.me'], version }
}

/** Makes three edits after a bookmark. The last one switches the flag off by mistake. */
const editAfterBookmark = async () => {
  await putFlag('kill.me')
  const saved = await bookmark()
  await putFlag('other.a')
  await putFlag('other.b')
  const { snapshotVersion } = await putFlag('kill.me', { enabled: false })
  expect((await isOn(`?minVersion=${snapshotVersion}`)).value).toBe(false)
  return { saved, published: snapshotVersion }
}

it('D1 restore: takes effect within 30 s, under a version above all published ones', async () => {
  const { saved, published } = await editAfterBookmark()
  await restore(saved)
  pass(30_000)
  expect(await isOn()).toEqual({ value: true, version: published + 1 })
  expect(logged.flat()).toContainEqual({
    event: 'alarm.database_set_back',
    from: published - 3,
    to: published + 1,
    workerVersion: env.VERSION?.id,
  })
})

const readOptions = (minVersion = 0) => ({ at: isolate, minVersion })

describe('After a D1 restore, users keep their variants', () => {
  it('weights that changed after the backup are back at their old values', async () => {
    await runExperiment('still', { variants: weighted(10_000, 1) })
    await runExperiment('weighed', { variants: weighted(10_000, 1) })
    const saved = await bookmark()
    const minVersion = await reweight('weighed', weighted(1, 10_000))
    expect(await assign('weighed', 'since', readOptions(minVersion))).toMatchObject({
      variant: 'B',
    })
    await restore(saved)
    pass(30_000)
    expect(await getVariant('weighed', 'since', readOptions())).toEqual({ variant: 'B' })
    expect(await getVariant('weighed', 'new', readOptions())).toEqual({ variant: 'A' })
    const { control, namespace } = lyingParticipants(env.PARTICIPANT)
    isolate = { ...isolate, PARTICIPANT: namespace }
    await getVariant('still', 'since', readOptions())
    expect(control.calls).toEqual([])
  })

  it('an experiment launched after the backup is launched again with other weights', async () => {
    await draft('relaunched', { variants: weighted(10_000, 1) })
    const saved = await bookmark()
    const first = await act('relaunched', 'launch')
    expect(await assign('relaunched', 'since', readOptions(first))).toMatchObject({
      variant: 'A',
    })
    await restore(saved)
    pass(30_000)
    await getVariant('relaunched', 'since', readOptions())
    await patch('relaunched', { variants: weighted(1, 10_000) })
    const minVersion = await act('relaunched', 'launch')
    expect(await getVariant('relaunched', 'since', readOptions(minVersion))).toEqual({
      variant: 'A',
    })
    expect(await getVariant('relaunched', 'new', readOptions())).toEqual({ variant: 'B' })
  })

  it('a sign-in merge after the backup had changed the variant', async () => {
    const running = readOptions(await runExperiment('merged'))
    const visitor = await userWith('merged', 'A', running)
    const user = await userWith('merged', 'B', running)
    const saved = await bookmark()
    await assign('merged', visitor, running)
    await identify(visitor, user, running)
    await restore(saved)
    pass(30_000)
    expect(await getVariant('merged', user, readOptions())).toEqual({ variant: 'A' })
  })
})

const readExperiment = (key: string) =>
  json<Experiment>(send('GET', `/api/experiments/${key}`, { as: ADMIN }))
const countUsers = async (key: string) => {
  const metrics = await json<Metrics>(send('GET', `/api/experiments/${key}/metrics`, { as: ADMIN }))
  return metrics.variants.map(({ exposedUsers }) => exposedUsers)
}

describe('After a D1 restore, the history of an experiment', () => {
  it('has no launch that came after the backup, and begins with the next one', async () => {
    await draft('again', { variants: weighted(10_000, 1) })
    const saved = await bookmark()
    await act('again', 'launch')
    await restore(saved)
    pass(30_000)
    await getVariant('again', 'anyone', readOptions())
    expect(await readExperiment('again')).toMatchObject({ status: 'DRAFT', launchedAt: null })
    expect(await readExperiment('again')).not.toHaveProperty('phases')
    await patch('again', { variants: weighted(1, 10_000) })
    pass(60_000)
    const launchedAt = Date.now()
    await act('again', 'launch')
    expect(await readExperiment('again')).toMatchObject({
      status: 'RUNNING',
      startedAt: new Date(launchedAt).toISOString(),
      phases: [{ phase: 1, variants: weighted(1, 10_000) }],
    })
  })

  it('leaves out users of a lost launch whose rows come after the next launch', async () => {
    await draft('lost', { variants: weighted(10_000, 1) })
    const saved = await bookmark()
    const first = await act('lost', 'launch')
    await assign('lost', 'early', readOptions(first))
    await restore(saved)
    pass(10 * 60_000)
    await getVariant('lost', 'early', readOptions())
    await patch('lost', { variants: weighted(1, 10_000) })
    const minVersion = await act('lost', 'launch')
    await assign('lost', 'late', readOptions(minVersion))
    await drain('early')
    await drain('late')
    expect(await countUsers('lost')).toEqual([0, 1])
    expect(await getVariant('lost', 'early', readOptions())).toEqual({ variant: 'A' })
  })

  it('leaves out users of a lost phase, and counts late rows of a phase that the backup has', async () => {
    const first = await runExperiment('phases', { variants: weighted(10_000, 1) })
    await assign('phases', 'of-phase-1', readOptions(first))
    const saved = await bookmark()
    const second = await reweight('phases', weighted(1, 10_000))
    await assign('phases', 'of-phase-2', readOptions(second))
    await restore(saved)
    pass(30_000)
    await drain('of-phase-1')
    await drain('of-phase-2')
    expect(await countUsers('phases')).toEqual([1, 0])
    expect(await readExperiment('phases')).toMatchObject({ phases: [{ phase: 1 }] })
    pass(10 * 60_000)
    await getVariant('phases', 'anyone', readOptions())
    await reweight('phases', weighted(1, 9_999))
    expect(await countUsers('phases')).toEqual([1, 0])
  })
})

it('D1 restore: takes effect when the Publisher cannot read its stored snapshot', async () => {
  const { saved, published } = await editAfterBookmark()
  await runInDurableObject(getPublisher(env), (_, { storage }) => {
    storage.sql.exec('UPDATE part SET bytes = ?', new TextEncoder().encode('{"format":0}'))
  })
  await evictDurableObject(getPublisher(env))
  await restore(saved)
  pass(30_000)
  expect(await isOn()).toEqual({ value: true, version: published + 1 })
})

it('D1 restore: the cron publishes it once when no request comes', async () => {
  const { saved, published } = await editAfterBookmark()
  await restore(saved)
  await getPublisher(env).reconcile()
  pass(60_000)
  await getPublisher(env).reconcile()
  expect(await getPublisher(env).newerThan(0)).toMatchObject({ version: published + 1 })
})

it('D1 restore: publishes the first edit after it, although its version was used before', async () => {
  const { saved, published } = await editAfterBookmark()
  await restore(saved)
  const edit = await putFlag('kill.me', { rollout: 0 })
  expect(edit.snapshotVersion).toBeLessThan(published)
  expect(edit.published).toBe(true)
  pass(5_000)
  await isOn()
  expect(await isOn()).toMatchObject({ value: false })
})

it('D1 restore: publishes an edit with the same version as a lost edit', async () => {
  await putFlag('kill.me')
  const saved = await bookmark()
  const { snapshotVersion } = await putFlag('kill.me', { enabled: false })
  await isOn(`?minVersion=${snapshotVersion}`)
  pass(1_000)
  await restore(saved)
  const edit = await putFlag('other.a')
  expect(edit).toMatchObject({ snapshotVersion, published: true })
  pass(30_000)
  expect(await isOn()).toEqual({ value: true, version: snapshotVersion + 1 })
  pass(60_000)
  await getPublisher(env).reconcile()
  expect(await isOn()).toMatchObject({ version: snapshotVersion + 1 })
})

it('D1 restore: keeps edits that come while the Publisher reconciles', async () => {
  const { saved } = await editAfterBookmark()
  await restore(saved)
  await Promise.all([
    getPublisher(env).reconcile(),
    ...['c', 'd', 'e'].map((name) => putFlag(`during.${name}`)),
    getPublisher(env).reconcile(),
  ])
  pass(5_000)
  await getPublisher(env).newerThan(0)
  pass(30_000)
  const sent = { as: CLIENT, body: { context: {} } }
  const { flags } = await json<{ flags: object }>(
    sendWith({ ...env }, 'POST', '/v1/flags/evaluate', sent),
  )
  expect(Object.keys(flags)).toEqual(['during.c', 'during.d', 'during.e', 'kill.me'])
})

it('D1 restore: the Publisher does not wait for a version that no longer exists', async () => {
  const { saved, published } = await editAfterBookmark()
  await evictDurableObject(getPublisher(env))
  await restore(saved)
  await getPublisher(env).publish(published + 2)
  pass(5_000)
  expect(await getPublisher(env).newerThan(0)).toMatchObject({ version: published + 3 })
})

it('Empty D1: all flags stay as they are, an alarm is raised, and /health is degraded', async () => {
  const { published } = await editAfterBookmark()
  await env.DB.batch([
    env.DB.prepare('DELETE FROM feature_flag'),
    env.DB.prepare('UPDATE snapshot_state SET version = 0'),
  ])
  pass(40_000)
  expect(await isOn()).toEqual({ value: false, version: published })
  expect(JSON.stringify(logged)).toContain('alarm.database_empty')
  expect(await json(sendWith(isolate, 'GET', '/health'))).toMatchObject({ status: 'degraded' })
})

it('Empty D1: is published after the command of the runbook raises the snapshot version', async () => {
  const { published } = await editAfterBookmark()
  await env.DB.batch([
    env.DB.prepare('DELETE FROM feature_flag'),
    env.DB.prepare('UPDATE snapshot_state SET version = 0'),
  ])
  await env.DB.prepare(`UPDATE snapshot_state SET version = ${published + 1}`).run()
  pass(30_000)
  expect(await isOn()).toEqual({ value: undefined, version: published + 1 })
  expect((await send('GET', '/api/flags', { as: ADMIN })).status).toBe(200)
})
