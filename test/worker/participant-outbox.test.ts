import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { seedKeys, watchConsole } from '../support/api.ts'
import {
  accepted,
  readAlarm,
  assign,
  drain,
  expireAtOnce,
  expose,
  inside,
  participant,
  pass,
  countPending,
  rows,
  runExperiment,
  stopClock,
  track,
  until,
} from '../support/experiments.ts'
import { lyingD1, withParticipantBindings } from '../support/faults.ts'
import { EXPOSURES } from '../support/participant-tables.ts'

/** Hides the log lines about the outage of D1. */
watchConsole()

beforeAll(async () => {
  await seedKeys()
  await runExperiment('outbox')
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const user = { count: 0 }
/** Somebody new, with a variant, one further exposure and one booking: four rows. */
const someone = async () => {
  const userId = `outbox-${user.count++}`
  const { variant } = await assign('outbox', userId)
  const id = 'seen-again'
  pass(1)
  await expose([{ id, experimentKey: 'outbox', userId, variant: variant ?? '' }])
  pass(1)
  await track([{ id: 'booked', type: 'booking.confirmed', userId }])
  return { userId, variant }
}

/** Everything that D1 has of a user. */
const inD1 = async (userId: string) => ({
  assignments: await rows(
    `SELECT variant, converted, ${EXPOSURES} FROM experiment_assignment WHERE user_id = ?`,
    userId,
  ),
  exposures: (
    await rows('SELECT id FROM experiment_exposure WHERE user_id = ? ORDER BY at', userId)
  ).map(({ id }) => id),
  events: (await rows('SELECT id FROM event WHERE user_id = ?', userId)).map(({ id }) => id),
})

const nothing = { assignments: [], exposures: [], events: [] }
const everything = (variant: string | null) => ({
  assignments: [{ variant, exposures: 2, converted: 1 }],
  exposures: ['first:outbox', 'seen-again'],
  events: ['booked'],
})

/** The counts of the experiment, over all hours and variants. */
const counted = async () =>
  (
    await rows<Record<string, number>>(
      `SELECT sum(assignments) AS assignments, sum(exposures) AS exposures,
         sum(exposed_users) AS users, sum(conversions) AS conversions
       FROM experiment_rollup WHERE experiment_key = 'outbox'`,
    )
  )[0]

/** Lets the alarm run when it is due, as often as there is one. */
const runAlarms = async (userId: string, most = 20) => {
  for (let count = 0; count < most; count++) {
    pass(60_000)
    if (!(await drain(userId))) return
  }
}

describe('Participant outbox', () => {
  it('sends acknowledged rows to D1 in one drain, and keeps none', async () => {
    const { userId, variant } = await someone()
    expect(await inD1(userId)).toEqual(nothing)
    expect(await countPending(userId)).toBe(4)
    await drain(userId)
    expect(await inD1(userId)).toEqual(everything(variant))
    expect(await countPending(userId)).toBe(0)
    expect(await drain(userId)).toBe(false)
  })

  it('sets an alarm half a second after the first row; later rows do not move it', async () => {
    const userId = 'outbox-alarm'
    await assign('outbox', userId)
    const due = Date.now() + 500
    expect(await readAlarm(userId)).toBe(due)
    for (let index = 0; index < 5; index++) {
      pass(100)
      await track([{ id: `view-${index}`, type: 'event.viewed', userId }])
    }
    expect(await readAlarm(userId)).toBe(due)
  })

  it('sets a new alarm for a row that arrives after a drain', async () => {
    const { userId } = await someone()
    await drain(userId)
    pass(5_000)
    await track([{ id: 'later', type: 'event.viewed', userId }])
    expect(await readAlarm(userId)).toBe(Date.now() + 500)
  })

  it('sends many rows in several transactions in one alarm', async () => {
    const userId = 'outbox-much'
    const { variant } = await assign('outbox', userId)
    for (let batch = 0; batch < 3; batch++)
      expect(
        await expose(
          Array.from({ length: 500 }, (_, index) => ({
            id: `${batch}-${index}`,
            experimentKey: 'outbox',
            userId,
            variant: variant ?? '',
          })),
        ),
      ).toEqual(accepted(500))
    await drain(userId)
    expect(await countPending(userId)).toBe(0)
    expect((await inD1(userId)).exposures).toHaveLength(1_501)
    expect((await inD1(userId)).assignments).toEqual([{ variant, exposures: 1_501, converted: 0 }])
  })
})

it('Participant outbox: no transaction binds more than D1 takes, with ids of any kind', async () => {
  const userId = '\u0001'.repeat(256)
  const { variant } = await assign('outbox', userId)
  for (let batch = 0; batch < 12; batch++) {
    const exposures = Array.from({ length: 100 }, (_, index) => ({
      id: `${batch * 1_000 + index}`.padEnd(100, '\u0001'),
      experimentKey: 'outbox',
      userId,
      variant: variant ?? '',
    }))
    expect(await expose(exposures)).toEqual(accepted(100))
  }
  const { d1, control } = lyingD1(env.DB)
  await withParticipantBindings(userId, { DB: d1 })
  await drain(userId)
  expect(await countPending(userId)).toBe(0)
  expect(control.largestText).toBeLessThan(2_000_000)
  expect((await inD1(userId)).exposures).toHaveLength(1_201)
})

describe('Participant outbox with D1 down', () => {
  it('keeps every row and an alarm, and counts each row once when D1 is back', async () => {
    const { userId, variant } = await someone()
    const before = await counted()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'down'
    for (let attempt = 0; attempt < 12; attempt++) {
      const due = await readAlarm(userId)
      expect(due).toBeGreaterThan(Date.now())
      pass((due ?? 0) - Date.now())
      expect(await drain(userId)).toBe(true)
    }
    expect(await countPending(userId)).toBe(4)
    control.mode = 'honest'
    await runAlarms(userId)
    expect(await inD1(userId)).toEqual(everything(variant))
    expect(await counted()).toEqual({
      assignments: (before?.['assignments'] ?? 0) + 1,
      exposures: (before?.['exposures'] ?? 0) + 2,
      users: (before?.['users'] ?? 0) + 1,
      conversions: (before?.['conversions'] ?? 0) + 1,
    })
  })

  it('waits longer between attempts, up to a minute', async () => {
    const { userId } = await someone()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'down'
    const gaps = []
    for (let attempt = 0; attempt < 9; attempt++) {
      await drain(userId)
      gaps.push(((await readAlarm(userId)) ?? 0) - Date.now())
      pass(gaps.at(-1) ?? 0)
    }
    expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000))
  })

  it('accepts assignments, exposures and events', async () => {
    const userId = 'outbox-dark'
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'down'
    const { variant, ...first } = await assign('outbox', userId)
    expect(first).toEqual({ isNew: true })
    expect(await assign('outbox', userId)).toEqual({ variant, isNew: false })
    expect(
      await expose([{ id: '1', experimentKey: 'outbox', userId, variant: variant ?? '' }]),
    ).toEqual(accepted(1))
    expect(await track([{ id: '1', type: 'event.viewed', userId }])).toEqual(accepted(1))
  })
})

describe('Participant outbox with D1 silent', () => {
  it('gives up a drain at its deadline, keeps the rows, and tries again', async () => {
    const { userId, variant } = await someone()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'silent'
    expireAtOnce(10_000)
    expect(await drain(userId)).toBe(true)
    expect(await countPending(userId)).toBe(4)
    expect(await readAlarm(userId)).not.toBeNull()
    control.mode = 'honest'
    await drain(userId)
    expect(await inD1(userId)).toEqual(everything(variant))
  })
})

describe('Participant outbox with lost answers of D1', () => {
  it('sends committed rows again, and each counts once', async () => {
    const { userId, variant } = await someone()
    const before = await counted()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'commits silently'
    for (let attempt = 0; attempt < 3; attempt++) await drain(userId)
    expect(await countPending(userId)).toBe(4)
    expect(await inD1(userId)).toEqual(everything(variant))
    control.mode = 'honest'
    await runAlarms(userId)
    expect(await inD1(userId)).toEqual(everything(variant))
    expect(await counted()).toMatchObject({
      assignments: (before?.['assignments'] ?? 0) + 1,
      exposures: (before?.['exposures'] ?? 0) + 2,
      conversions: (before?.['conversions'] ?? 0) + 1,
    })
  })
})

describe('Participant restart', () => {
  it('keeps the alarm and the rows before a drain', async () => {
    const { userId, variant } = await someone()
    await evictDurableObject(participant(userId))
    expect(await readAlarm(userId)).not.toBeNull()
    await drain(userId)
    expect(await inD1(userId)).toEqual(everything(variant))
  })

  it('keeps the rows and an alarm during a drain without an answer', async () => {
    const { userId, variant } = await someone()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'silent'
    const draining = drain(userId).catch(() => 'cut off')
    await until(() => control.calls > 0)
    await abortAllDurableObjects()
    expect(await draining).toBe('cut off')
    expect(await countPending(userId)).toBe(4)
    expect(await readAlarm(userId)).not.toBeNull()
    await drain(userId)
    expect(await inD1(userId)).toEqual(everything(variant))
  })

  it('sends rows again after a commit that was not noted; each counts once', async () => {
    const { userId, variant } = await someone()
    const before = await counted()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'commits, then silent'
    const draining = drain(userId).catch(() => 'cut off')
    await until(async () => (await inD1(userId)).events.length > 0)
    expect(await inD1(userId)).toEqual(everything(variant))
    await abortAllDurableObjects()
    expect(await draining).toBe('cut off')
    expect(await countPending(userId)).toBe(4)
    await drain(userId)
    expect(await countPending(userId)).toBe(0)
    expect(await inD1(userId)).toEqual(everything(variant))
    expect((await counted())?.['exposures']).toBe((before?.['exposures'] ?? 0) + 2)
  })

  it('changes no assignment after hours without D1', async () => {
    const { userId, variant } = await someone()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'down'
    await runAlarms(userId, 8)
    await evictDurableObject(participant(userId))
    expect(await assign('outbox', userId)).toEqual({ variant, isNew: false })
    expect(await countPending(userId)).toBe(4)
  })
})

describe('Participant outbox during a drain', () => {
  it('keeps rows that arrive meanwhile', async () => {
    const { userId } = await someone()
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = 'held'
    const draining = drain(userId)
    await until(() => control.held.length === 1)
    await track([{ id: 'meanwhile', type: 'event.viewed', userId }])
    control.mode = 'honest'
    await inside(userId, () => control.held.shift()?.())
    await draining
    await runAlarms(userId)
    expect((await inD1(userId)).events).toEqual(['booked', 'meanwhile'])
    expect(await countPending(userId)).toBe(0)
  })
})
