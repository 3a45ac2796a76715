import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../worker/index.ts'
import { CHUNK_ROWS, getRetentionDays, LEAST_DAYS } from '../../worker/store/retention.ts'
import { json, seedKeys, sendWith, SERVER, watchConsole } from '../support/api.ts'
import {
  assign,
  drain,
  expose,
  isolate,
  pass,
  rows,
  runExperiment,
  stopClock,
  track,
  userWith,
} from '../support/experiments.ts'
import { EXPOSURES } from '../support/participant-tables.ts'

const logged = watchConsole()

const DAY = 86_400_000
const kept = isolate({ RETENTION_DAYS: '30' })

beforeAll(async () => {
  await seedKeys()
  await runExperiment('running')
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const cron = (bindings = kept) => worker.scheduled(createScheduledController(), bindings)
const count = async (table: string) => (await rows(`SELECT count(*) AS n FROM ${table}`))[0]?.['n']
const rollups = () => rows('SELECT * FROM experiment_rollup ORDER BY quarter, variant')
/** With all exposures, since the column of this name changes when their rows are deleted. */
const assignments = () => rows(`SELECT *, ${EXPOSURES} FROM experiment_assignment ORDER BY user_id`)

it('Retention: deletes nothing when RETENTION_DAYS is not set', async () => {
  await assign('running', 'old')
  await track([{ id: 'e', type: 'event.viewed', userId: 'old' }])
  await drain('old')
  pass(10_000 * DAY)
  await cron(isolate())
  expect([await count('experiment_exposure'), await count('event')]).toEqual([1, 1])
})

it.each(['', '0', '-1', '13', '30 days', '1e9999', 'NaN', '14.5'])(
  'Retention: deletes nothing when RETENTION_DAYS is %j, and raises one alarm unless it is empty',
  async (RETENTION_DAYS) => {
    expect(getRetentionDays({ RETENTION_DAYS })).toBeNull()
    logged.length = 0
    const misconfigured = isolate({ RETENTION_DAYS })
    await track([{ id: 'e', type: 'event.viewed', userId: 'any' }], { at: misconfigured })
    await cron(misconfigured)
    const alarms = logged.filter((line) => JSON.stringify(line).includes('retention_misconfigured'))
    expect(alarms).toHaveLength(RETENTION_DAYS === '' ? 0 : 1)
  },
)

it(`Retention: accepts ${LEAST_DAYS} days and more`, () => {
  expect(getRetentionDays({ RETENTION_DAYS: '14' })).toBe(14)
  expect(getRetentionDays({ RETENTION_DAYS: '400' })).toBe(400)
})

it('Retention: deletes raw rows past their time and keeps younger rows, assignments and roll-ups', async () => {
  const user = await userWith('running', 'A')
  await assign('running', user)
  await track([{ id: 'old', type: 'booking.confirmed', userId: user, ts: Date.now() + 1_000 }])
  pass(29 * DAY)
  await expose([{ id: 'young', experimentKey: 'running', userId: user, variant: 'A' }])
  await track([{ id: 'young', type: 'event.viewed', userId: user }])
  await drain(user)
  const before = [await rollups(), await assignments()]
  await cron()
  expect(await rows('SELECT id FROM event WHERE user_id = ?', user)).toHaveLength(2)
  pass(2 * DAY)
  await cron()
  expect(await rows('SELECT id FROM event WHERE user_id = ?', user)).toEqual([{ id: 'young' }])
  expect(await rows('SELECT id FROM experiment_exposure WHERE user_id = ?', user)).toEqual([
    { id: 'young' },
  ])
  expect([await rollups(), await assignments()]).toEqual(before)
})

const send = (path: string, body: object) =>
  json(sendWith(kept, 'POST', path, { as: SERVER, body }))

describe('Retention: a late item', () => {
  it('gets TOO_OLD when its first copy may be deleted, and counts once', async () => {
    const user = await userWith('running', 'B')
    const exposure = { id: 'once', experimentKey: 'running', userId: user, variant: 'B' }
    const ts = Date.now()
    const booking = { id: 'once', type: 'booking.confirmed', userId: user, ts: ts + 60_000 }
    expect(await send('/v1/exposures', { exposures: [{ ...exposure, ts }] })).toMatchObject({
      accepted: 1,
    })
    expect(await send('/v1/events', { events: [booking] })).toMatchObject({ accepted: 1 })
    await drain(user)
    const before = [await rollups(), await assignments()]
    pass(31 * DAY)
    await cron()
    const rejected = [{ id: 'once', errorCode: 'TOO_OLD' }]
    expect(await send('/v1/exposures', { exposures: [{ ...exposure, ts }] })).toMatchObject({
      rejected,
    })
    expect(await send('/v1/events', { events: [booking] })).toMatchObject({ rejected })
    await drain(user)
    expect([await rollups(), await assignments()]).toEqual(before)
  })

  it('counts while the rows that it is counted with still exist', async () => {
    const user = `late-${await userWith('running', 'A')}`
    const { variant } = await assign('running', user)
    const ts = Date.now() - 22 * DAY
    await track([{ id: 'b', type: 'booking.confirmed', userId: user, ts: ts + DAY }])
    await drain(user)
    await cron()
    const exposure = { id: 'offline', experimentKey: 'running', userId: user, variant, ts }
    expect(await send('/v1/exposures', { exposures: [exposure] })).toMatchObject({ accepted: 1 })
    await drain(user)
    const [row] = await rows('SELECT * FROM experiment_assignment WHERE user_id = ?', user)
    expect(row).toMatchObject({ converted: 1, first_exposed_at: ts })
  })
})

it('Retention: deletes a bounded number of rows in a run, and the rest in the next', async () => {
  await env.DB.prepare('DELETE FROM event').run()
  const total = 10 * CHUNK_ROWS + 5
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO event SELECT 'u', i, 'x', i, 0 FROM n`,
  )
    .bind(total)
    .run()
  await cron()
  expect(await count('event')).toBe(5)
  expect(await rows('SELECT min(at) AS at FROM event')).toEqual([{ at: total - 4 }])
  await cron()
  expect(await count('event')).toBe(0)
  expect(JSON.stringify(logged)).toContain('"event":"retention.deleted"')
})

const lost = () => {
  throw new Error('D1 is gone')
}

it('Retention: logs a failure of D1 and lets the scheduled handler end', async () => {
  const DB = { withSession: () => ({ prepare: lost }) }
  await cron({ ...kept, DB: DB as unknown as D1Database })
  expect(JSON.stringify(logged)).toContain('schedule.failed')
})
