import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Metrics } from '../../schema/metrics.ts'
import { CLIENT, json, problem, seedKeys, send, SERVER, VIEWER } from '../support/api.ts'
import {
  accepted,
  drain,
  exposuresTo,
  pass,
  rows,
  runExperiment,
  stopClock,
  weighted,
} from '../support/experiments.ts'

const MINUTE = 60_000
const exposure = exposuresTo('clocks')
const event = (userId: string, id: string, over: object = {}) => ({
  id,
  type: 'booking.confirmed',
  userId,
  ...over,
})

beforeAll(async () => {
  await seedKeys()
  await runExperiment('clocks', { variants: weighted(10_000, 1) })
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const operations = [
  { operation: 'exposures', item: exposure, table: 'experiment_exposure' },
  { operation: 'events', item: event, table: 'event' },
]

describe.each(operations)('sentAt of $operation', ({ operation, item, table }) => {
  const log = (items: readonly object[], over: object = {}) =>
    send('POST', `/v1/${operation}`, { as: CLIENT, body: { [operation]: items, ...over } })
  const stored = async (userId: string) => {
    await drain(userId)
    return rows(`SELECT id, at FROM ${table} WHERE user_id = ? ORDER BY id`, userId)
  }

  it.each([-400 * MINUTE, -MINUTE, 0, MINUTE, 4 * MINUTE, 400 * MINUTE])(
    'corrects an item of a clock that is %i ms ahead',
    async (ahead) => {
      const userId = `${operation}${ahead}`
      const now = Date.now()
      const sentAt = now + ahead
      const items = [
        item(userId, '1', { ts: sentAt - 5_000, sentAt }),
        item(userId, '2', { ts: new Date(sentAt).toISOString(), sentAt: new Date(sentAt) }),
        item(userId, '3', { ts: sentAt + 1_000, sentAt }),
        item(userId, '4', { sentAt }),
      ]
      expect(await json(log(items))).toEqual(accepted(4))
      expect(await stored(userId)).toEqual([
        { id: '1', at: now - 5_000 },
        { id: '2', at: now },
        { id: '3', at: now },
        { id: '4', at: now },
      ])
    },
  )

  it('corrects, at the top level, the items that have none of their own', async () => {
    const userId = `${operation}-batch`
    const now = Date.now()
    const items = [
      item(userId, '1', { ts: now + 9 * MINUTE }),
      item(userId, '2', { ts: now - 3 * MINUTE, sentAt: now - 2 * MINUTE }),
    ]
    expect(await json(log(items, { sentAt: now + 10 * MINUTE }))).toEqual(accepted(2))
    expect(await stored(userId)).toEqual([
      { id: '1', at: now - MINUTE },
      { id: '2', at: now - MINUTE },
    ])
  })

  it('refuses its item, or its batch, when it is no instant', async () => {
    const wrong = item(`${operation}-wrong`, '1', { ts: Date.now(), sentAt: 'soon' })
    expect(await json(log([wrong]))).toMatchObject({
      rejected: [
        { errorCode: 'INVALID_REQUEST', errorDetails: expect.stringMatching(/^sentAt: /) },
      ],
    })
    expect(await problem(log([item('u', '1')], { sentAt: 'soon' }))).toMatchObject({
      status: 400,
      issues: [{ path: 'sentAt' }],
    })
  })
})

it('Conversions: counts a booking by the server after an exposure of a clock 4 minutes ahead', async () => {
  const userId = 'early-bird'
  const ahead = Date.now() + 4 * MINUTE
  const body = { exposures: [exposure(userId, 'seen', { ts: ahead - 200, sentAt: ahead })] }
  expect(await json(send('POST', '/v1/exposures', { as: CLIENT, body }))).toEqual(accepted(1))
  pass(1_000)
  const booking = { events: [event(userId, 'booked')] }
  expect(await json(send('POST', '/v1/events', { as: SERVER, body: booking }))).toEqual(accepted(1))
  await drain(userId)
  const { variants } = await json<Metrics>(
    send('GET', '/api/experiments/clocks/metrics', { as: VIEWER }),
  )
  expect(variants.find(({ name }) => name === 'A')?.conversions).toBe(1)
})
