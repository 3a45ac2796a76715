import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Metrics } from '../../schema/metrics.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { writeParticipation } from '../../worker/store/participation.ts'
import { json, seedKeys, send, VIEWER } from '../support/api.ts'
import { act, draft } from '../support/experiments.ts'

beforeAll(seedKeys)

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Local dates by another way than the product's. */
const dateIn = (zone: string, at: number) =>
  new Date(at).toLocaleDateString('sv-SE', { timeZone: zone })

const read = (key: string, query: string) =>
  json<Metrics>(send('GET', `/api/experiments/${key}/metrics?${query}`, { as: VIEWER }))

type User = { readonly at: number; readonly variant: 'A' | 'B'; readonly books: boolean }

const write = (key: string, users: readonly User[]) => {
  const rows = users.map(({ at, variant }, index) => ({
    experimentKey: key,
    userId: `${key}-${index}`,
    variant,
    at,
  }))
  return writeParticipation(openDatabase(env.DB), {
    assignments: rows,
    exposures: rows.map((row) => ({ ...row, id: '1' })),
    events: users.flatMap(({ at, books }, index) =>
      books
        ? [{ id: '1', type: 'booking.confirmed', userId: `${key}-${index}`, at: at + HOUR }]
        : [],
    ),
  })
}

/** The counts by local day, straight from the users. */
const countByDay = (zone: string, users: readonly User[]) => {
  const days = new Map<string, { users: number; booked: number }>()
  for (const { at, variant, books } of users) {
    const name = `${dateIn(zone, at)} ${variant}`
    const before = days.get(name) ?? { users: 0, booked: 0 }
    days.set(name, { users: before.users + 1, booked: before.booked + Number(books) })
  }
  return Object.fromEntries(days)
}

const countAnswer = ({ days }: Metrics) =>
  Object.fromEntries(
    days.map(({ day, variant, exposedUsers, conversions }) => [
      `${day} ${variant}`,
      { users: exposedUsers, booked: conversions },
    ]),
  )

/** A zone, and a day near which its clocks change or its midnight is odd. */
const PLACES = [
  ['Asia/Kolkata', '2026-11-20'],
  ['Asia/Kathmandu', '2026-11-20'],
  ['America/St_Johns', '2026-03-08'],
  ['America/St_Johns', '2026-11-01'],
  ['America/Santiago', '2026-09-06'],
  ['Europe/Berlin', '2026-10-25'],
  ['UTC', '2026-11-20'],
] as const

const trial = { count: 0 }

describe('Metrics: days of a zone', () => {
  it.each(PLACES)('%s: the days around %s equal a count of the users', async (zone, middle) => {
    const around = Date.parse(middle)
    const someUsers = fc.array(
      fc.record({
        at: fc
          .tuple(fc.integer({ min: -3 * 96, max: 4 * 96 }), fc.constantFrom(-1, 0, 1, 7 * MINUTE))
          .map(([quarter, offset]) => around + quarter * 15 * MINUTE + offset),
        variant: fc.constantFrom('A' as const, 'B' as const),
        books: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(someUsers, async (users) => {
        const key = `zone-${trial.count++}`
        await draft(key)
        await write(key, users)
        const metrics = await read(key, `zone=${encodeURIComponent(zone)}`)
        expect(metrics.zone).toBe(zone)
        expect(countAnswer(metrics)).toEqual(countByDay(zone, users))
      }),
      { numRuns: 4 },
    )
  })

  it('a range cuts the days, and a verdict and its sequence stay those of UTC', async () => {
    const key = 'zone-range'
    await draft(key)
    const at = Date.parse('2026-05-10T18:30:00Z')
    const users = Array.from({ length: 6 }, (_, day) => ({
      at: at + day * DAY,
      variant: 'A' as const,
      books: false,
    }))
    await write(key, [...users, ...users.map((user) => ({ ...user, at: user.at - 1 }))])
    const range = 'from=2026-05-12T18:30:00Z&to=2026-05-14T18:30:00Z'
    const india = await read(key, `${range}&zone=Asia/Kolkata`)
    expect(countAnswer(india)).toEqual({
      '2026-05-13 A': { users: 2, booked: 0 },
      '2026-05-14 A': { users: 2, booked: 0 },
    })
    const { zone: _zone, days: _days, ...rest } = india
    const { days: _utc, ...utc } = await read(key, range)
    expect(rest).toEqual(utc)
  })

  it('users of before a new start are in no day', async () => {
    const key = 'zone-again'
    await draft(key)
    await act(key, 'launch')
    await write(key, [{ at: Date.now(), variant: 'A', books: false }])
    await act(key, 'pause')
    await act(key, 'launch', { startOver: true })
    expect((await read(key, 'zone=Asia/Kolkata')).days).toEqual([])
  })

  it('the CSV of days names the zone, and an unknown zone answers 400', async () => {
    const key = 'zone-csv'
    await draft(key)
    await write(key, [{ at: Date.parse('2026-05-10T20:00:00Z'), variant: 'A', books: true }])
    const path = `/api/experiments/${key}/metrics.csv?by=day`
    const csv = await send('GET', `${path}&zone=Asia/Kolkata`, { as: VIEWER })
    expect(await csv.text()).toMatch(
      /^experiment,day_Asia\/Kolkata,[^]*zone-csv,2026-05-11,A,1,1,1,1,0/,
    )
    const utc = await send('GET', path, { as: VIEWER })
    expect(await utc.text()).toMatch(/^experiment,day_utc,[^]*zone-csv,2026-05-10,A,/)
    const unknown = await send('GET', `${path}&zone=Mars/Olympus`, { as: VIEWER })
    expect(unknown.status).toBe(400)
  })
})
