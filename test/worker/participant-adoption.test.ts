import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../worker/store/database.ts'
import { writeParticipation } from '../../worker/store/participation.ts'
import { CLIENT, problem, seedKeys, send, watchConsole } from '../support/api.ts'
import {
  accepted,
  assign,
  bundledVariants,
  drain,
  expireAtOnce,
  expose,
  getVariant,
  participant,
  countPending,
  reweight,
  rows,
  runExperiment,
  stopClock,
  weighted,
} from '../support/experiments.ts'
import { lyingD1, withParticipantBindings } from '../support/faults.ts'
import { leaveEarlierRows } from '../support/earlier-participant.ts'
import { listTables } from '../support/participant-tables.ts'

/** Keeps the expected log lines about the D1 outage out of the output. */
watchConsole()

/**
 * Nearly all buckets of `bucketed` are A, but a sign-in gave a user another variant. Those of `certain` are A, without
 * an exception. Those of `reweighted` changed from A to B.
 */
beforeAll(async () => {
  await seedKeys()
  await runExperiment('bucketed', { variants: weighted(10_000, 1) })
  await runExperiment('certain', { variants: weighted(10_000, 1) })
  await rows(`INSERT INTO experiment_inheritance VALUES ('bucketed', 1)`)
  await runExperiment('reweighted', { variants: weighted(10_000, 1) })
  await reweight('reweighted', weighted(1, 10_000))
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

/** Puts an assignment into D1 but not into the object, as an import or a restore does. */
const importAssignment = (userId: string, experimentKey: string, variant: string) =>
  writeParticipation(openDatabase(env.DB), {
    assignments: [{ experimentKey, userId, variant, at: Date.now() - 86_400_000 }],
    exposures: [],
    events: [],
  })

/** Deletes all rows of an object, as if it were new. */
const clearObject = async (userId: string) => {
  await runInDurableObject(participant(userId), (_, { storage }) => {
    for (const table of listTables(storage)) storage.sql.exec(`DROP TABLE ${table}`)
  })
  await evictDurableObject(participant(userId))
}

const withD1 = async (userId: string, mode: 'down' | 'silent') => {
  const { d1, control } = lyingD1(env.DB)
  await withParticipantBindings(userId, { DB: d1 })
  control.mode = mode
  return control
}

describe('Participant: imports assignments from D1 at the first request', () => {
  it('assign returns the imported variant and logs no exposure', async () => {
    await importAssignment('ad-1', 'bucketed', 'B')
    expect(await assign('bucketed', 'ad-1')).toEqual({ variant: 'B', isNew: false })
    expect(await countPending('ad-1')).toBe(0)
  })

  it('getVariant returns the imported variant after the weights changed', async () => {
    await importAssignment('ad-2', 'reweighted', 'A')
    expect(await getVariant('reweighted', 'ad-2')).toEqual({ variant: 'A' })
  })

  it('an exposure is checked against the imported variant', async () => {
    await importAssignment('ad-3', 'bucketed', 'B')
    const exposure = { experimentKey: 'bucketed', userId: 'ad-3' }
    expect(
      await expose([
        { id: '1', ...exposure, variant: 'A' },
        { id: '2', ...exposure, variant: 'B' },
      ]),
    ).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [{ id: '1', errorCode: 'VARIANT_MISMATCH' }],
    })
  })

  it('one import covers all experiments of the user', async () => {
    await importAssignment('ad-4', 'bucketed', 'B')
    await importAssignment('ad-4', 'reweighted', 'A')
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings('ad-4', { DB: d1 })
    await Promise.all(Array.from({ length: 50 }, () => assign('bucketed', 'ad-4')))
    expect(await assign('reweighted', 'ad-4')).toEqual({ variant: 'A', isNew: false })
    await evictDurableObject(participant('ad-4'))
    await withParticipantBindings('ad-4', { DB: d1 })
    expect(await assign('bucketed', 'ad-4')).toEqual({ variant: 'B', isNew: false })
    expect(control.calls).toBe(1)
  })

  it('the import takes no rows of other users', async () => {
    await importAssignment('ad-5', 'bucketed', 'B')
    expect(await assign('bucketed', 'ad-5 ')).toEqual({ variant: 'A', isNew: true })
    expect(await assign('bucketed', 'AD-5')).toEqual({ variant: 'A', isNew: true })
  })

  it.each([
    ['with several planes and directions', 'ad-é-漢-🎟️-\u202e'],
    ['with a NUL', 'ad-\u0000-1'],
    ['that looks like a path', '$.ad["x"]\'"'],
    ['with a lone surrogate', 'ad-\ud800'],
  ])('assign finds the import of a user id %s', async (_, userId) => {
    await assign('bucketed', userId)
    await drain(userId)
    await clearObject(userId)
    expect(await assign('bucketed', userId)).toEqual({ variant: 'A', isNew: false })
  })
})

describe('Participant: D1 is down at the first request', () => {
  it('an experiment with unchanged weights assigns, and D1 gets the row later', async () => {
    const control = await withD1('down-1', 'down')
    expect(await assign('bucketed', 'down-1')).toEqual({ variant: 'A', isNew: true })
    expect(await assign('bucketed', 'down-1')).toEqual({ variant: 'A', isNew: false })
    control.mode = 'honest'
    expect(await assign('bucketed', 'down-1')).toEqual({ variant: 'A', isNew: false })
    await drain('down-1')
    expect(
      await rows("SELECT variant FROM experiment_assignment WHERE user_id = 'down-1'"),
    ).toEqual([{ variant: 'A' }])
  })

  it('an experiment with changed weights answers from the bucket with sticky: false and records nothing', async () => {
    await importAssignment('down-2', 'reweighted', 'A')
    const control = await withD1('down-2', 'down')
    expect(await assign('reweighted', 'down-2')).toEqual({
      variant: 'B',
      isNew: false,
      sticky: false,
    })
    expect(await countPending('down-2')).toBe(0)
    control.mode = 'honest'
    expect(await assign('reweighted', 'down-2')).toEqual({ variant: 'A', isNew: false })
  })

  it('a user assigned meanwhile keeps the variant after the weights change, in every endpoint', async () => {
    await runExperiment('changing', { variants: weighted(10_000, 1) })
    await withD1('down-4', 'down')
    expect(await assign('changing', 'down-4')).toEqual({ variant: 'A', isNew: true })
    const now = { minVersion: await reweight('changing', weighted(1, 10_000)) }
    expect(await assign('changing', 'down-4', now)).toEqual({ variant: 'A', isNew: false })
    expect(await getVariant('changing', 'down-4', now)).toEqual({ variant: 'A' })
    expect(await bundledVariants('down-4', now)).toMatchObject({ changing: 'A', reweighted: 'B' })
  })

  it('an exposure counts with unchanged weights and gets 503 with changed weights', async () => {
    const control = await withD1('down-3', 'down')
    const [first, second] = ['bucketed', 'reweighted'].map((experimentKey) => ({
      id: '1',
      experimentKey,
      userId: 'down-3',
      variant: experimentKey === 'bucketed' ? 'A' : 'B',
    }))
    const sent = () =>
      send('POST', '/v1/exposures', { as: CLIENT, body: { exposures: [first, second] } })
    expect(await problem(sent())).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
    control.mode = 'honest'
    expect(await (await sent()).json()).toEqual({ accepted: 1, duplicates: 1, rejected: [] })
  })

  it('events are accepted, because they need no assignment', async () => {
    await withD1('down-4', 'down')
    const event = { id: '1', type: 'event.viewed', userId: 'down-4' }
    const answer = send('POST', '/v1/events', { as: CLIENT, body: { events: [event] } })
    expect(await (await answer).json()).toEqual(accepted(1))
  })
})

describe('Participant: D1 is silent at the first request', () => {
  it('assign answers in time, and the next request reads D1 again', async () => {
    await importAssignment('silent-1', 'reweighted', 'A')
    const control = await withD1('silent-1', 'silent')
    expireAtOnce(400)
    expect(await assign('reweighted', 'silent-1')).toEqual({
      variant: 'B',
      isNew: false,
      sticky: false,
    })
    control.mode = 'honest'
    expect(await assign('reweighted', 'silent-1')).toEqual({ variant: 'A', isNew: false })
  })

  it('an experiment with unchanged weights assigns', async () => {
    await withD1('silent-2', 'silent')
    expireAtOnce(400)
    expect(await assign('bucketed', 'silent-2')).toEqual({
      variant: 'A',
      isNew: true,
    })
  })
})

describe('Participant: the bucket is the assignment of every user', () => {
  it.each(['down', 'silent'] as const)(
    'a new user asks nothing of a D1 that is %s',
    async (mode) => {
      const control = await withD1(`certain-${mode}`, mode)
      const userId = `certain-${mode}`
      expect(await assign('certain', userId)).toEqual({ variant: 'A', isNew: true })
      const exposure = { id: '1', experimentKey: 'certain', userId, variant: 'A' }
      expect(await expose([exposure])).toEqual(accepted(1))
      expect(control.calls).toBe(0)
    },
  )

  it('an exposure of a new user asks nothing of D1 and assigns', async () => {
    const control = await withD1('certain-3', 'down')
    const exposure = { id: '1', experimentKey: 'certain', userId: 'certain-3', variant: 'A' }
    expect(await expose([exposure, exposure])).toMatchObject({ accepted: 1, duplicates: 1 })
    expect(await assign('certain', 'certain-3')).toEqual({ variant: 'A', isNew: false })
    expect(control.calls).toBe(0)
  })
})

/** What an earlier version left of a user: two variants, of which D1 has one, a further exposure and a booking. */
const leaveUser = async (userId: string) => {
  const at = Date.now()
  const first = { experimentKey: 'bucketed', userId, variant: 'B', at, phase: 1, requestId: 'r-1' }
  const other = { experimentKey: 'reweighted', userId, variant: 'A', at, requestId: 'r-2' }
  const exposure = { experimentKey: 'bucketed', userId, variant: 'B', at: at + 1, id: 'again' }
  await leaveEarlierRows(userId, {
    assignments: [first, other],
    outbox: [
      ['assignment', first],
      ['exposure', exposure],
      ['event', { id: 'booked', type: 'booking.confirmed', userId, at: at + 2 }],
    ],
    seen: ['exposure/bucketed/again', 'event:booking.confirmed/booked'],
    hasAdopted: true,
    anonymous: ['a'.repeat(64)],
  })
  return exposure
}

describe('Participant: takes over the tables of an earlier version', () => {
  it('keeps variants, rows, ids and links, and drops the earlier tables', async () => {
    const { at: _at, ...exposure } = await leaveUser('earlier-1')
    expect(await countPending('earlier-1')).toBe(3)
    expect(await expose([exposure])).toMatchObject({ accepted: 0, duplicates: 1 })
    const control = await withD1('earlier-1', 'down')
    expect(await assign('bucketed', 'earlier-1')).toEqual({ variant: 'B', isNew: false })
    expect(await assign('reweighted', 'earlier-1')).toEqual({ variant: 'A', isNew: false })
    expect(await participant('earlier-1').listAnonymousObjects()).toEqual(['a'.repeat(64)])
    control.mode = 'honest'
    await drain('earlier-1')
    expect(await countPending('earlier-1')).toBe(0)
    expect(
      await rows(`SELECT experiment_key, variant, phase, converted FROM experiment_assignment
        WHERE user_id = 'earlier-1'`),
    ).toEqual([{ experiment_key: 'bucketed', variant: 'B', phase: 1, converted: 1 }])
    const tables = await runInDurableObject(participant('earlier-1'), (_, { storage }) =>
      listTables(storage),
    )
    expect(tables.join(' ')).toMatch(
      /^anonymous assigned imported merged owner queue removed seen_\d+ sqlite_sequence$/,
    )
  })

  it('keeps variants and rows that version 0.1.0 left, which knew no phases', async () => {
    const userId = 'earlier-4'
    const at = Date.now()
    const first = { experimentKey: 'bucketed', userId, variant: 'B', at, requestId: 'r-1' }
    await leaveEarlierRows(userId, {
      assignments: [first],
      outbox: [['assignment', first]],
      isBeforePhases: true,
    })
    expect(await countPending(userId)).toBe(1)
    expect(await assign('bucketed', userId)).toEqual({ variant: 'B', isNew: false })
    await drain(userId)
    expect(
      await rows(`SELECT variant FROM experiment_assignment WHERE user_id = ?`, userId),
    ).toEqual([{ variant: 'B' }])
  })

  it('asks D1 again for no assignments that it had imported', async () => {
    await leaveEarlierRows('earlier-2', { hasAdopted: true })
    const control = await withD1('earlier-2', 'down')
    expect(await assign('reweighted', 'earlier-2')).toEqual({ variant: 'B', isNew: true })
    expect(control.calls).toBe(0)
  })

  it('adds the rows that an earlier version left after a rollback', async () => {
    await leaveUser('earlier-3')
    await assign('certain', 'earlier-3')
    const event = { id: 'late', type: 'event.viewed', userId: 'earlier-3', at: Date.now() }
    await leaveEarlierRows('earlier-3', { outbox: [['event', event]] })
    expect(await countPending('earlier-3')).toBe(6)
    expect(await assign('certain', 'earlier-3')).toEqual({ variant: 'A', isNew: false })
    await drain('earlier-3')
    expect(await rows(`SELECT id FROM event WHERE user_id = 'earlier-3' ORDER BY id`)).toEqual([
      { id: 'booked' },
      { id: 'late' },
    ])
  })
})
