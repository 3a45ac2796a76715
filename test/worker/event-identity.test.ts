import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../worker/store/database.ts'
import { writeParticipation } from '../../worker/store/participation.ts'
import { seedKeys } from '../support/api.ts'
import { leaveEarlierRows } from '../support/earlier-participant.ts'
import { accepted, assign, drain, rows, runExperiment, track } from '../support/experiments.ts'

const KEY = 'one-id'
const started = { version: 0 }

beforeAll(async () => {
  await seedKeys()
  started.version = await runExperiment(KEY)
})

const see = (userId: string) => assign(KEY, userId, { minVersion: started.version })
const view = (userId: string, id: string) => ({ id, type: 'event.viewed', userId })
const book = (userId: string, id: string) => ({ id, type: 'booking.confirmed', userId })

/** What D1 counts for a user. */
const countCells = async (userId: string) => {
  await drain(userId)
  const [counts] = await rows(
    'SELECT converted, clicks FROM experiment_assignment WHERE user_id = ?',
    userId,
  )
  return counts
}
const readContentType = async (userId: string) =>
  (await rows('SELECT type FROM event WHERE user_id = ? ORDER BY type', userId)).map(
    ({ type }) => type,
  )

describe('POST /v1/events with one id for two types', () => {
  it('counts a view and then a booking, and a repeat of each once', async () => {
    const userId = 'viewed-and-booked'
    await see(userId)
    expect(await track([view(userId, 'x')])).toEqual(accepted(1))
    expect(await track([book(userId, 'x')])).toEqual(accepted(1))
    expect(await countCells(userId)).toEqual({ converted: 1, clicks: 1 })
    expect(await track([book(userId, 'x'), view(userId, 'x')])).toEqual({
      ...accepted(0),
      duplicates: 2,
    })
    expect(await countCells(userId)).toEqual({ converted: 1, clicks: 1 })
  })

  it('counts both when they come in one batch', async () => {
    const userId = 'both-at-once'
    await see(userId)
    expect(await track([book(userId, 'x'), view(userId, 'x')])).toEqual(accepted(2))
    expect(await countCells(userId)).toEqual({ converted: 1, clicks: 1 })
    expect(await readContentType(userId)).toEqual(['booking.confirmed', 'event.viewed'])
  })
})

describe('Object that kept ids of events without their types', () => {
  it('counts an old event once and a new one of another type', async () => {
    const userId = 'from-before'
    await see(userId)
    await drain(userId)
    await rows(
      `INSERT INTO event (user_id, id, type, at) VALUES (?, 'old', 'event.viewed', ?)`,
      userId,
      Date.now() + 1,
    )
    await leaveEarlierRows(userId, { seen: ['event/old'] })
    expect(await countCells(userId)).toEqual({ converted: 0, clicks: 1 })
    await track([view(userId, 'old'), book(userId, 'old')])
    expect(await countCells(userId)).toEqual({ converted: 1, clicks: 1 })
    expect(await readContentType(userId)).toEqual(['booking.confirmed', 'event.viewed'])
  })
})

const event = (type: string, id = 'same') => ({ id, type, userId: 'rows-only', at: 5 })
const write = (...events: ReturnType<typeof event>[]) =>
  writeParticipation(openDatabase(env.DB), { assignments: [], exposures: [], events })

describe('writeParticipation', () => {
  it('stores each type of an id once, in any order and however often', async () => {
    const [a, b, c] = [event('a'), event('b'), event('c')]
    await write(b, a)
    await write(a)
    await write(c, b, a)
    await write(event('a', 'b/same'))
    expect(await readContentType('rows-only')).toEqual(['a', 'a', 'b', 'c'])
  })

  it('stores no second row of a type when the first row of the id is gone', async () => {
    await rows(`DELETE FROM event WHERE user_id = 'rows-only' AND id = 'same'`)
    const before = await readContentType('rows-only')
    await write(event('a'), event('c'))
    expect((await readContentType('rows-only')).filter((type) => type === 'c')).toHaveLength(1)
    expect(before).toHaveLength(3)
  })
})
