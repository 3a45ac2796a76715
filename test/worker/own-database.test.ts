import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import worker from '../../worker/index.ts'
import { CHECK_OWNER_MS, requireOwnDatabase } from '../../worker/objects/own-database.ts'
import { getPublisherId } from '../../worker/objects/place.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { claimDatabase, releaseDatabase } from '../../worker/store/deployment.ts'
import {
  ADMIN,
  problem,
  putFlag,
  seedKeys,
  sendWith,
  VIEWER,
  watchConsole,
} from '../support/api.ts'
import {
  assign,
  drain,
  pass,
  rows,
  runExperiment,
  stopClock,
  until,
} from '../support/experiments.ts'

const OTHER = 'the Publisher of another deployment'
const logged = watchConsole()

const alarms = () =>
  logged.flat().filter((line) => (line as { event?: string }).event === 'alarm.database_shared')

const findStray = () => rows(`SELECT variant FROM experiment_assignment WHERE user_id = 'u-stray'`)

const isOwner = async () => {
  try {
    await requireOwnDatabase(env)
    return true
  } catch {
    return false
  }
}

/** Changes the owner, and waits until this isolate has read it. */
const setOwner = async (publisher: string) => {
  await env.DB.prepare('UPDATE deployment SET publisher = ?').bind(publisher).run()
  pass(CHECK_OWNER_MS)
  await until(async () => (await isOwner()) === (publisher !== OTHER))
}

beforeAll(async () => {
  await seedKeys()
  await runExperiment('running')
})
beforeEach(() => {
  stopClock()
  logged.length = 0
})
afterEach(async () => {
  await setOwner(getPublisherId(env))
  vi.useRealTimers()
})

it('A new database belongs to the first deployment that runs', async () => {
  expect(await rows('SELECT publisher FROM deployment')).toEqual([
    { publisher: getPublisherId(env) },
  ])
})

it("PUT /api/flags: is refused with advice when D1 is another deployment's, and writes nothing", async () => {
  await setOwner(OTHER)
  const isolate = { ...env }
  const before = await rows('SELECT * FROM feature_flag')
  const refusal = await problem(
    sendWith(isolate, 'PUT', '/api/flags/stray', { as: ADMIN, body: {} }),
  )
  expect(refusal).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
  expect(refusal.errorDetails).toContain('belongs to another deployment')
  expect(await rows('SELECT * FROM feature_flag')).toEqual(before)
  expect(alarms()).toEqual([
    {
      event: 'alarm.database_shared',
      owner: OTHER,
      self: getPublisherId(env),
      workerVersion: env.VERSION?.id,
    },
  ])
})

it('POST /api/session: is refused before the token is looked at when D1 is shared', async () => {
  await setOwner(OTHER)
  const sent = { body: { token: ADMIN } }
  expect(await problem(sendWith({ ...env }, 'POST', '/api/session', sent))).toMatchObject({
    status: 503,
  })
  expect(await rows('SELECT * FROM session')).toEqual([])
})

it('GET rows is refused, because it writes to the audit, and a dry run of an import is not', async () => {
  await setOwner(OTHER)
  const isolate = { ...env }
  const download = sendWith(isolate, 'GET', '/api/experiments/any/rows', { as: ADMIN })
  expect(await problem(download)).toMatchObject({ status: 503 })
  const body = { format: 'indietix-flags', version: 1, flags: [] }
  const importAs = (query: string) =>
    sendWith(isolate, 'POST', `/api/import${query}`, { as: ADMIN, body })
  expect((await importAs('?dryRun=true')).status).toBe(200)
  expect((await importAs('')).status).toBe(503)
})

it('GET /api/flags: still answers when D1 is shared, so that an operator can look', async () => {
  await setOwner(OTHER)
  const isolate = { ...env }
  expect((await sendWith(isolate, 'GET', '/api/flags', { as: VIEWER })).status).toBe(200)
})

it('Publisher: publishes no edit of the other deployment, and raises the alarm each minute', async () => {
  const { snapshotVersion } = await putFlag('own')
  await setOwner(OTHER)
  await env.DB.prepare('UPDATE snapshot_state SET version = version + 1').run()
  await getPublisher(env).reconcile()
  expect(await getPublisher(env).newerThan(0)).toMatchObject({ version: snapshotVersion })
  expect(alarms()).toHaveLength(1)
  pass(CHECK_OWNER_MS)
  await getPublisher(env).reconcile()
  expect(alarms()).toHaveLength(2)
})

it('Participant: keeps the rows of a user while D1 is shared, and sends them when it is not', async () => {
  await setOwner(OTHER)
  await assign('running', 'u-stray')
  await drain('u-stray')
  expect(await findStray()).toEqual([])
  await setOwner(getPublisherId(env))
  await drain('u-stray')
  expect(await findStray()).toHaveLength(1)
})

it('The cron: deletes no rows of the other deployment', async () => {
  await env.DB.prepare(
    `INSERT INTO event (id, user_id, type, at) VALUES ('old', 'u-1', 'CLICK', 0)`,
  ).run()
  await setOwner(OTHER)
  const bindings = { ...env, RETENTION_DAYS: '14' }
  await worker.scheduled({} as ScheduledController, bindings)
  expect(await rows(`SELECT id FROM event WHERE id = 'old'`)).toHaveLength(1)
  await setOwner(getPublisherId(env))
  await worker.scheduled({} as ScheduledController, { ...bindings })
  expect(await rows(`SELECT id FROM event WHERE id = 'old'`)).toEqual([])
})

it('claimDatabase: a released database belongs to the next deployment that asks', async () => {
  const db = openDatabase(env.DB)
  expect(await claimDatabase(db, OTHER, new Date())).toBe(getPublisherId(env))
  await releaseDatabase(db)
  const [first, second] = await Promise.all([
    claimDatabase(db, 'a', new Date()),
    claimDatabase(db, 'b', new Date()),
  ])
  expect(first).toBe(second)
})

it('claimDatabase: accepts any deployment while the table is missing, as after a restore to an older version', async () => {
  const db = openDatabase(env.DB)
  await env.DB.prepare('ALTER TABLE deployment RENAME TO deployment_later').run()
  expect(await claimDatabase(db, OTHER, new Date())).toBe(OTHER)
  await env.DB.prepare('ALTER TABLE deployment_later RENAME TO deployment').run()
  expect(await claimDatabase(db, 'c', new Date())).not.toBe('c')
})
