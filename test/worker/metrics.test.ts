import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Metrics } from '../../schema/metrics.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { writeParticipation, type ParticipationRows } from '../../worker/store/participation.ts'
import { ADMIN, EDITOR, json, problem, seedKeys, send, VIEWER } from '../support/api.ts'
import {
  act,
  assign,
  draft,
  drain,
  expose,
  HALVES,
  pass,
  reweight,
  runExperiment,
  stopClock,
  track,
  weighted,
} from '../support/experiments.ts'

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WEEK = 7 * DAY
/** An instant in the middle of an hour of the past. */
const T = Date.UTC(2039, 5, 15, 10, 30)
const iso = (at: number) => new Date(at).toISOString()

const ask = (key: string, query = '', as = VIEWER) =>
  send('GET', `/api/experiments/${key}/metrics${query}`, { as })
const readCsv = async (key: string, query = '') => (await ask(key, `.csv${query}`)).text()
/** The answer, which must be what the schema says and nothing else. */
const readMetrics = async (key: string, query = '') => {
  const answer = await json(ask(key, query))
  expect(Metrics.strict().parse(answer)).toEqual(answer)
  return answer as unknown as Metrics
}
const total = async (key: string, query = '') => {
  const { variants } = await readMetrics(key, query)
  const sum = (name: 'assignments' | 'exposures' | 'exposedUsers' | 'conversions' | 'clicks') =>
    variants.reduce((count, variant) => count + variant[name], 0)
  return {
    assignments: sum('assignments'),
    exposures: sum('exposures'),
    exposedUsers: sum('exposedUsers'),
    conversions: sum('conversions'),
    clicks: sum('clicks'),
  }
}

const write = (rows: Partial<ParticipationRows>) =>
  writeParticipation(openDatabase(env.DB), {
    assignments: [],
    exposures: [],
    events: [],
    ...rows,
  })

/** A user with variant A, exposed at these instants. */
const seen = (experimentKey: string, userId: string, ...instants: readonly number[]) => ({
  assignments: [{ experimentKey, userId, variant: 'A', at: instants[0] ?? T }],
  exposures: instants.map((at) => ({ id: `${at}`, experimentKey, userId, variant: 'A', at })),
})
const booked = (userId: string, ...instants: readonly number[]) =>
  instants.map((at) => ({ id: `booked-${at}`, type: 'booking.confirmed', userId, at }))
const viewed = (userId: string, ...instants: readonly number[]) =>
  instants.map((at) => ({ id: `viewed-${at}`, type: 'event.viewed', userId, at }))

/** Every kind of offset from the first exposure, and whether a booking there is a conversion. */
const boundaries: [string, number, number][] = [
  ['a day before the first exposure', -DAY, 0],
  ['a millisecond before it', -1, 0],
  ['at its very instant', 0, 0],
  ['a millisecond after it', 1, 1],
  ['a millisecond before 7 days have passed', WEEK - 1, 1],
  ['at 7 days', WEEK, 1],
  ['a millisecond after 7 days', WEEK + 1, 0],
  ['weeks later', 5 * WEEK, 0],
]

describe('Conversions', () => {
  it.each(boundaries)(
    'a booking %s (%i ms) counts %i conversions',
    async (_, offset, conversions) => {
      const key = `booked-${offset < 0 ? 'm' : 'p'}${Math.abs(offset)}`
      for (const [userId, order] of [
        [`${key}-1`, 'exposure first'],
        [`${key}-2`, 'event first'],
      ] as const) {
        const events = booked(userId, T + offset)
        if (order === 'event first') await write({ events })
        await write(seen(key, userId, T))
        if (order === 'exposure first') await write({ events })
      }
      await draft(key)
      expect(await total(key)).toMatchObject({ exposedUsers: 2, conversions: 2 * conversions })
    },
  )

  it('several bookings of a user are one conversion', async () => {
    await draft('twice')
    await write(seen('twice', 'b-1', T))
    await write({ events: booked('b-1', T + 1, T + 2, T + DAY) })
    expect(await total('twice')).toMatchObject({ exposedUsers: 1, conversions: 1 })
  })

  it('a booking of an assigned user without an exposure is no conversion', async () => {
    await draft('unseen')
    await write({ ...seen('unseen', 'b-2', T), exposures: [], events: booked('b-2', T + 1) })
    expect(await total('unseen')).toMatchObject({ assignments: 1, exposedUsers: 0, conversions: 0 })
  })

  it('a booking of a user without an assignment is no conversion', async () => {
    await draft('stranger')
    await write({ events: booked('b-3', T + 1) })
    expect(await total('stranger')).toMatchObject({ exposedUsers: 0, conversions: 0 })
  })

  it('a booking counts in each experiment whose window it is in', async () => {
    for (const key of ['several-1', 'several-2', 'several-3']) await draft(key)
    await write(seen('several-1', 'b-4', T))
    await write(seen('several-2', 'b-4', T + WEEK))
    await write({ events: booked('b-4', T + WEEK + 1) })
    await write(seen('several-3', 'b-4', T + 1))
    expect((await total('several-1')).conversions).toBe(0)
    expect((await total('several-2')).conversions).toBe(1)
    expect((await total('several-3')).conversions).toBe(1)
  })

  it('an event of another type is no conversion', async () => {
    await draft('other-events')
    await write({
      ...seen('other-events', 'b-5', T),
      events: ['booking.started', 'booking.confirmed.x', 'page.left'].map((type) => ({
        id: type,
        type,
        userId: 'b-5',
        at: T + 1,
      })),
    })
    expect(await total('other-events')).toMatchObject({ conversions: 0, clicks: 0 })
  })
})

describe('Late exposure', () => {
  it('an earlier exposure moves the window, and a conversion outside it is removed', async () => {
    await draft('goes')
    await write({ ...seen('goes', 'l-1', T), events: booked('l-1', T + WEEK) })
    expect((await total('goes')).conversions).toBe(1)
    await write(seen('goes', 'l-1', T - 1))
    expect(await total('goes')).toMatchObject({
      assignments: 1,
      exposures: 2,
      exposedUsers: 1,
      conversions: 0,
    })
  })

  it('an earlier exposure moves the window, and a booking inside it becomes a conversion', async () => {
    await draft('comes')
    await write({ ...seen('comes', 'l-2', T), events: booked('l-2', T - 10, T - 20) })
    expect((await total('comes')).conversions).toBe(0)
    await write(seen('comes', 'l-2', T - 15))
    expect((await total('comes')).conversions).toBe(1)
  })

  it('an earlier exposure moves the user to its hour and counts views from there', async () => {
    await draft('moves')
    await write({ ...seen('moves', 'l-3', T), events: viewed('l-3', T - 5, T, T + 5) })
    expect((await readMetrics('moves')).days).toMatchObject([{ exposedUsers: 1, clicks: 1 }])
    await write(seen('moves', 'l-3', T - DAY))
    expect((await readMetrics('moves')).days).toMatchObject([
      { day: '2039-06-14', exposures: 1, exposedUsers: 1, clicks: 3 },
      { day: '2039-06-15', exposures: 1, exposedUsers: 0, clicks: 0 },
    ])
  })

  it('a later exposure changes only the number of exposures', async () => {
    await draft('later')
    await write({ ...seen('later', 'l-4', T), events: booked('l-4', T + WEEK) })
    await write(seen('later', 'l-4', T + 1))
    expect(await total('later')).toEqual({
      assignments: 1,
      exposures: 2,
      exposedUsers: 1,
      conversions: 1,
      clicks: 0,
    })
  })
})

describe('Clicks', () => {
  it('each event.viewed later than the first exposure counts, without an end', async () => {
    await draft('views')
    await write({
      ...seen('views', 'v-1', T),
      events: viewed('v-1', T - 1, T, T + 1, T + 2, T + 20 * WEEK),
    })
    expect(await total('views')).toMatchObject({ exposedUsers: 1, conversions: 0, clicks: 3 })
  })
})

describe('Metrics: from and to', () => {
  beforeAll(async () => {
    await draft('spans')
    await write(seen('spans', 's-1', T, T + 3 * HOUR))
    await write(seen('spans', 's-2', T + HOUR))
    await write({ events: [...booked('s-1', T + 2 * HOUR), ...viewed('s-2', T + 2 * HOUR)] })
  })
  const query = (from: number | undefined, to: number | undefined) => {
    const asked = { ...(from && { from: iso(from) }), ...(to && { to: iso(to) }) }
    return `?${new URLSearchParams(asked).toString()}`
  }
  const hour = T - HOUR / 2

  it.each<[string, number | undefined, number | undefined, object]>([
    [
      'nothing',
      undefined,
      undefined,
      { assignments: 2, exposures: 3, exposedUsers: 2, conversions: 1, clicks: 1 },
    ],
    [
      'the very hour',
      hour,
      hour + HOUR,
      { assignments: 1, exposures: 1, exposedUsers: 1, conversions: 1, clicks: 0 },
    ],
    ['a quarter', T, T + HOUR / 4, { exposures: 1, exposedUsers: 1 }],
    ['part of a quarter', T + 1, T + 2, { exposures: 0, exposedUsers: 0 }],
    [
      'the hour after',
      hour + HOUR,
      hour + 2 * HOUR,
      { exposures: 1, exposedUsers: 1, conversions: 0, clicks: 1 },
    ],
    ['up to an hour, which is exclusive', undefined, hour, { exposures: 0, exposedUsers: 0 }],
    ['up to part of a quarter', undefined, T + 1, { exposures: 0, exposedUsers: 0 }],
    ['up to a later quarter', undefined, T + HOUR / 2, { exposures: 1, exposedUsers: 1 }],
    ['from an hour, which is inclusive', hour + HOUR, undefined, { exposures: 2, exposedUsers: 1 }],
    [
      'from the last millisecond of a quarter',
      T + HOUR / 4 - 1,
      undefined,
      { exposures: 3, exposedUsers: 2 },
    ],
    [
      'only a later exposure',
      hour + 3 * HOUR,
      undefined,
      { exposures: 1, exposedUsers: 0, conversions: 0 },
    ],
    ['a time without anything', T + DAY, T + 2 * DAY, { assignments: 0, exposures: 0 }],
  ])('a range of %s counts whole quarters of an hour', async (_, from, to, expected) => {
    expect(await total('spans', query(from, to))).toMatchObject(expected)
  })

  it('the answer has from and to as the quarters that were counted', async () => {
    expect(await readMetrics('spans', query(T + 1, T + HOUR / 4 + 1))).toMatchObject({
      from: iso(T),
      to: iso(T + HOUR / 4),
    })
    expect(await readMetrics('spans', query(hour, hour + HOUR))).toMatchObject({
      from: iso(hour),
      to: iso(hour + HOUR),
    })
    expect(await readMetrics('spans')).toMatchObject({ from: null, to: null })
    const zone = `?from=${iso(hour + 5.5 * HOUR).replace('Z', '%2B05:30')}`
    expect(await readMetrics('spans', zone)).toMatchObject({ from: iso(hour), to: null })
  })

  it.each(['+05:30', '+05:45', '-09:30'])(
    'days of the zone %s sum to the whole',
    async (offset) => {
      const bounds = [-2, -1, 0, 1, 2].map((day) =>
        encodeURIComponent(`${iso(T + day * DAY).slice(0, 10)}T00:00:00${offset}`),
      )
      const days = await Promise.all(
        bounds.slice(1).map((to, index) => total('spans', `?from=${bounds[index]}&to=${to}`)),
      )
      expect(days.reduce((sum, { exposedUsers }) => sum + exposedUsers, 0)).toBe(2)
    },
  )

  it('the CSV counts the same hours', async () => {
    const day = iso(T).slice(0, 10)
    const span = query(hour, hour + HOUR)
    expect(await readCsv('spans', `${span}&by=day`)).toMatch(
      new RegExp(`spans,${day},A,1,1,1,1,0\r\n$`),
    )
    expect(await readCsv('spans', '?by=day')).toMatch(new RegExp(`spans,${day},A,2,3,2,1,1\r\n$`))
    expect(await readCsv('spans', span)).not.toBe(await readCsv('spans'))
  })

  it.each([
    ['to', `?from=${iso(T)}&to=${iso(T)}`],
    ['to', `?from=${iso(T)}&to=${iso(T - 1)}`],
    ['from', '?from=yesterday'],
    ['from', '?from=2039-06-15'],
    ['from', '?from=2039-06-15T10:30:00'],
    ['from', '?from=2039-06-15T10:30:00%2B25:30'],
    ['to', '?to=1'],
    ['to', '?to='],
  ])('a range out of order, or without instants, answers 400: %s in %s', async (path, wrong) => {
    const refused = { status: 400, issues: [{ path }] }
    expect(await problem(ask('spans', wrong))).toMatchObject(refused)
    expect(await problem(ask('spans', `.csv${wrong}`))).toMatchObject(refused)
  })
})

describe('Metrics: end to end', () => {
  it('requests to assign, exposures and events give the expected numbers', async () => {
    const minVersion = await runExperiment('whole', { variants: weighted(10_000, 1) })
    for (const userId of ['w-1', 'w-2', 'w-3']) await assign('whole', userId, { minVersion })
    pass(1)
    await expose([{ id: '1', experimentKey: 'whole', userId: 'w-1', variant: 'A' }])
    await track([
      { id: '1', type: 'booking.confirmed', userId: 'w-1' },
      { id: '2', type: 'event.viewed', userId: 'w-1' },
      { id: '1', type: 'booking.confirmed', userId: 'w-2', ts: Date.now() - 1 },
    ])
    for (const userId of ['w-1', 'w-2', 'w-3']) await drain(userId)
    expect((await readMetrics('whole')).variants).toEqual([
      {
        name: 'A',
        weight: 10_000,
        assignments: 3,
        exposures: 4,
        exposedUsers: 3,
        conversions: 1,
        clicks: 1,
      },
      {
        name: 'B',
        weight: 1,
        assignments: 0,
        exposures: 0,
        exposedUsers: 0,
        conversions: 0,
        clicks: 0,
      },
    ])
  })
})

/** `users` see a variant, `booking` of them book. */
const ran = (key: string, variant: string, users: number, booking: number, at = T, phase = 0) => {
  const ids = Array.from({ length: users }, (_, index) => `${key}-${variant}-${index}`)
  const toRows = ids.map((userId) => ({ id: '1', experimentKey: key, userId, variant, at }))
  return write({
    assignments: toRows.map((row) => ({ ...row, ...(phase > 0 && { phase }) })),
    exposures: toRows,
    events: ids.slice(0, booking).flatMap((userId) => booked(userId, at + 1)),
  })
}

describe('Metrics: analysis', () => {
  it('an experiment without exposures has nulls with reasons', async () => {
    await draft('nobody')
    expect((await readMetrics('nobody')).analysis).toMatchObject({
      zTest: { z: null, reason: 'no_users' },
      sampleRatio: { status: 'unknown', reason: 'too_few_assignments' },
      progress: { reason: 'no_plan' },
      verdict: { kind: 'not_enough_data', reason: 'no_users' },
    })
  })

  it.each([
    ['rates of 0', 0, 0],
    ['rates of 1', 20, 20],
  ])('an analysis of %s has no z, and a reason', async (name, first, second) => {
    const key = name.replaceAll(' ', '-')
    await draft(key)
    await ran(key, 'A', 20, first)
    await ran(key, 'B', 20, second)
    expect((await readMetrics(key)).analysis.zTest).toEqual({
      z: null,
      pValue: null,
      significant: false,
      reason: 'no_variation',
    })
  })

  it('a plan that is not complete allows no verdict', async () => {
    await draft('planned', {
      plan: { baselineRate: 0.1, minimumDetectableEffect: 0.2 },
    })
    await ran('planned', 'A', 400, 40)
    await ran('planned', 'B', 400, 120)
    const { analysis } = await readMetrics('planned')
    expect(analysis.progress).toMatchObject({ smallest: 400, reached: false })
    expect(analysis.zTest).toMatchObject({ significant: false })
    expect(analysis.zTest.z).toBeLessThan(-1.96)
    expect(analysis.verdict).toEqual({ kind: 'not_enough_data', reason: 'below_plan' })
  })

  it('a sample ratio mismatch allows no verdict', async () => {
    await draft('skewed')
    await ran('skewed', 'A', 400, 40)
    await ran('skewed', 'B', 700, 210)
    const { analysis } = await readMetrics('skewed')
    expect(analysis.sampleRatio).toMatchObject({ status: 'mismatch', reason: null })
    expect(analysis.verdict).toEqual({ kind: 'sample_ratio_mismatch' })
    expect(analysis.zTest.significant).toBe(false)
  })

  it('the sample ratio is tested against the weights of each phase', async () => {
    await runExperiment('reweighed', { variants: HALVES })
    await reweight('reweighed', weighted(9, 1))
    await ran('reweighed', 'A', 900, 90, Date.now(), 2)
    await ran('reweighed', 'B', 100, 30, Date.now(), 2)
    const { analysis, phases } = await readMetrics('reweighed')
    expect(analysis.sampleRatio.status).toBe('balanced')
    expect(phases?.map(({ variants }) => variants[0]?.assignments)).toEqual([0, 900])
  })
})

it('Metrics: stopping the experiment keeps the numbers and changes the advice', async () => {
  await runExperiment('kept')
  await write({ ...seen('kept', 'k-1', T), events: booked('k-1', T + 1) })
  const { words: advice, ...before } = await readMetrics('kept')
  await act('kept', 'stop')
  const { words, ...after } = await readMetrics('kept')
  expect(after).toEqual(before)
  expect(words).toEqual({ ...advice, next: 'It is stopped: no more users will come.' })
})

it('Metrics: a viewer may read them, an evaluation key may not', async () => {
  await draft('read')
  for (const as of [VIEWER, EDITOR, ADMIN]) expect((await ask('read', '', as)).status).toBe(200)
  expect((await ask('read', '', 'flags_client_local')).status).toBe(403)
  expect((await ask('read', '', 'nobody')).status).toBe(401)
})
