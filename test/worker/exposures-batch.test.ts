import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BatchResponse } from '../../schema/participation.ts'
import { CLIENT, json, problem, seedKeys, send, sendWith, watchConsole } from '../support/api.ts'
import {
  accepted,
  drain,
  expose,
  exposuresTo,
  isolate,
  participant,
  pass,
  countPending,
  rows,
  runExperiment,
  stopClock,
  track,
  weighted,
} from '../support/experiments.ts'
import { lyingParticipants } from '../support/faults.ts'

/** These tests create hundreds of objects, each with a file of its own. */

/** Keeps the expected log lines about failing objects out of the output. */
watchConsole()

/** The snapshot version in which `seen` runs. Nearly every user gets A. */
const made = { version: 0 }
beforeAll(async () => {
  await seedKeys()
  made.version = await runExperiment('seen', { variants: weighted(10_000, 1) })
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const exposure = exposuresTo('seen')
const event = (userId: string, id: string, over: object = {}) => ({
  id,
  type: 'event.viewed',
  userId,
  ...over,
})
const only = (counts: Partial<BatchResponse>) => ({ ...accepted(0), ...counts })

/** The two operations that accept the same kind of batch. */
const operations = [
  {
    operation: 'exposures',
    item: exposure,
    log: (items: readonly object[]) => expose(items as Parameters<typeof expose>[0]),
    table: 'experiment_exposure',
  },
  {
    operation: 'events',
    item: event,
    log: (items: readonly object[]) => track(items as Parameters<typeof track>[0]),
    table: 'event',
  },
]

describe.each(operations)('POST /v1/$operation', ({ operation, item, log, table }) => {
  const sent = (body: unknown) => send('POST', `/v1/${operation}`, { as: CLIENT, body })
  const batch = (count: number, userId: string) =>
    Array.from({ length: count }, (_, index) => item(userId, `${index}`))
  const stored = async (userId: string) =>
    (await rows(`SELECT id FROM ${table} WHERE user_id = ? ORDER BY id`, userId)).map(
      ({ id }) => id,
    )

  const padded = (note: string) =>
    JSON.stringify({ [operation]: [item(`${operation}-of-256`, '1', { note })] })

  it.each([1, 2, 500])('accepts a batch of %i items', async (count) => {
    const answer = await sent({ [operation]: batch(count, `${operation}-of-${count}`) })
    expect(answer.status).toBe(202)
    expect(await json(answer)).toEqual(accepted(count))
  })

  it('accepts a batch of 100 users', async () => {
    const items = Array.from({ length: 100 }, (_, index) =>
      item(`${operation}-crowd-${index}`, '1'),
    )
    expect(await log(items)).toEqual(accepted(100))
  })

  it('returns 413 for 501 items and records none', async () => {
    const userId = `${operation}-of-501`
    expect(await problem(sent({ [operation]: batch(501, userId) }))).toMatchObject({
      status: 413,
      errorCode: 'PAYLOAD_TOO_LARGE',
      errorDetails: expect.stringContaining('500'),
    })
    expect(await countPending(userId)).toBe(0)
  })

  it('accepts 256 KB and returns 413 for one byte more', async () => {
    const body = padded('x'.repeat(256 * 1024 - padded('').length))
    expect(body).toHaveLength(256 * 1024)
    expect((await sent(body)).status).toBe(202)
    expect(await problem(sent(`${body} `))).toMatchObject({
      status: 413,
      errorCode: 'PAYLOAD_TOO_LARGE',
      errorDetails: expect.stringContaining('256 KB'),
    })
  })

  it.each([
    ['no items', { [operation]: [] }, operation],
    ['no list', { [operation]: {} }, operation],
    ['no member', {}, operation],
  ])('returns 400 with the path for a batch with %s', async (_, body, path) => {
    expect(await problem(sent(body))).toMatchObject({
      status: 400,
      errorCode: 'INVALID_REQUEST',
      issues: [{ path }],
    })
  })

  it.each([
    ['without an id', { id: undefined }, '', 'item 1: id: '],
    ['with an empty id', { id: '' }, '', 'item 1: id: '],
    ['with an id of 101 characters', { id: 'x'.repeat(101) }, 'x'.repeat(101), 'id: '],
  ])('refuses only the item %s and takes the others', async (title, over, id, details) => {
    const items = [
      item('u-ids', `a ${title}`),
      { ...item('u-ids', ''), ...over },
      item('u-ids', `b ${title}`),
    ]
    expect(await json(sent({ [operation]: items }))).toEqual({
      accepted: 2,
      duplicates: 0,
      rejected: [
        {
          id,
          errorCode: 'INVALID_REQUEST',
          errorDetails: expect.stringMatching(new RegExp(`^${details}`)) as string,
        },
      ],
    })
  })

  it('refuses only the item that is no object and names its index', async () => {
    const items = [item('u-ids', 'beside text'), 'text', null]
    const { accepted: count, rejected } = await json<BatchResponse>(sent({ [operation]: items }))
    expect(count).toBe(1)
    expect(rejected.map(({ id, errorDetails }) => [id, errorDetails?.split(':', 1)[0]])).toEqual([
      ['', 'item 1'],
      ['', 'item 2'],
    ])
  })

  it('returns 401 without an evaluation key', async () => {
    const answer = send('POST', `/v1/${operation}`, { body: { [operation]: batch(1, 'u') } })
    expect(await problem(answer)).toMatchObject({ status: 401 })
  })

  it('rejects each invalid item by its id and accepts the others', async () => {
    const userId = `${operation}-mixed`
    expect(
      await log([
        item(userId, 'good-1'),
        item(userId, 'nobody', { userId: undefined }),
        item(' ', 'blank'),
        item('x'.repeat(257), 'long user'),
        item('x'.repeat(10_240), '10 KB user'),
        item(userId, 'list', { userId: ['u-7'] }),
        item(userId, 'number', { userId: 7 }),
        item(userId, 'no time', { ts: 'yesterday' }),
        item(userId, 'part of a millisecond', { ts: 1.5 }),
        item(userId, 'before 1970', { ts: -1 }),
        item(userId, 'long before', { ts: '0001-01-01T00:00:00Z' }),
        item(userId, 'far future', { ts: 8.65e15 }),
        item(userId, 'good-2'),
      ]),
    ).toEqual({
      accepted: 3,
      duplicates: 0,
      rejected: [
        ['nobody', 'userId: send a text or a number'],
        ['blank', 'userId: the user id is blank: send the id of a user'],
        ['long user', 'userId: Too big: expected string to have <=256 characters'],
        ['10 KB user', 'userId: Too big: expected string to have <=256 characters'],
        ['list', 'userId: send a text or a number'],
        ['no time', 'ts: use ISO 8601, with Z or an offset, or whole epoch milliseconds'],
        [
          'part of a millisecond',
          'ts: use ISO 8601, with Z or an offset, or whole epoch milliseconds',
        ],
        ['before 1970', 'ts: the time is before 1970: send the time at which it happened'],
        ['long before', 'ts: the time is before 1970: send the time at which it happened'],
        ['far future', 'ts: Too big: expected number to be <=8640000000000000'],
      ].map(([id, errorDetails]) => ({ id, errorCode: 'INVALID_REQUEST', errorDetails })),
    })
  })

  it('names every invalid member of an item without its value', async () => {
    const long = 'someone@example.test '.repeat(20)
    const { rejected } = await log([item(long, 'two', { ts: 'a secret' })])
    expect(rejected).toEqual([
      {
        id: 'two',
        errorCode: 'INVALID_REQUEST',
        errorDetails: expect.stringMatching(/^userId: .*; ts: /),
      },
    ])
    expect(JSON.stringify(rejected)).not.toMatch(/someone|secret/)
  })

  it.each([
    ['2030-11-01T22:00:00.123456+00:00'],
    ['2030-11-01T22:00:00.123Z'],
    ['2030-11-02T03:30:00.123999999+05:30'],
    ['2030-11-01T12:00:00.123-10:00'],
    [Date.parse('2030-11-01T22:00:00.123Z')],
  ])('stores the instant %s with millisecond precision', async (ts) => {
    const userId = `${operation}-at-${ts}`
    expect(await log([item(userId, 'timed', { ts })])).toEqual(accepted(1))
    await drain(userId)
    expect(await rows(`SELECT at FROM ${table} WHERE user_id = ?`, userId)).toEqual([
      { at: Date.parse('2030-11-01T22:00:00.123Z') },
    ])
  })

  describe('repeated ids', () => {
    it('count once in a repeated batch, in a part of it and within one batch', async () => {
      const items = batch(5, `${operation}-again`)
      expect(await log(items)).toEqual(accepted(5))
      expect(await log(items)).toEqual(only({ duplicates: 5 }))
      expect(await log([...items.slice(2), item(`${operation}-again`, 'new')])).toEqual(
        only({ accepted: 1, duplicates: 3 }),
      )
      const twice = [item(`${operation}-twice`, '1'), item(`${operation}-twice`, '1')]
      expect(await log(twice)).toEqual(only({ accepted: 1, duplicates: 1 }))
    })

    it('count once when ten clients send the same batch at once', async () => {
      const items = batch(20, `${operation}-racing`)
      const answers = await Promise.all(Array.from({ length: 10 }, () => log(items)))
      const total = (name: 'accepted' | 'duplicates') =>
        answers.reduce((sum, answer) => sum + answer[name], 0)
      expect([total('accepted'), total('duplicates')]).toEqual([20, 180])
    })

    it('count once after an eviction of the object and after a drain to D1', async () => {
      const userId = `${operation}-restarted`
      const items = batch(3, userId)
      await log(items)
      await evictDurableObject(participant(userId))
      expect(await log(items)).toEqual(only({ duplicates: 3 }))
      await drain(userId)
      expect(await log(items)).toEqual(only({ duplicates: 3 }))
      await drain(userId)
      expect(await stored(userId)).toEqual(['0', '1', '2'])
    })

    it('count once after the object deleted its ids, because D1 keeps them', async () => {
      const userId = `${operation}-forgotten`
      // The object keeps the exposure of an assignment for ever.
      await log([item(userId, 'first')])
      await log(batch(2, userId))
      await drain(userId)
      pass(15 * 24 * 3_600_000)
      await track([event(userId, 'later')])
      await drain(userId)
      const before = await rows(
        "SELECT sum(exposures) AS exposures FROM experiment_rollup WHERE experiment_key = 'seen'",
      )
      expect(await log(batch(2, userId))).toEqual(accepted(2))
      await drain(userId)
      expect(await stored(userId)).toEqual(expect.arrayContaining(['0', '1', 'first']))
      expect((await stored(userId)).filter((id) => id !== 'later')).toHaveLength(3)
      expect(
        await rows(
          "SELECT sum(exposures) AS exposures FROM experiment_rollup WHERE experiment_key = 'seen'",
        ),
      ).toEqual(before)
    })
  })

  it('accepts the same id from two users', async () => {
    expect(await log([item(`${operation}-mine`, '1'), item(`${operation}-yours`, '1')])).toEqual(
      accepted(2),
    )
    for (const userId of [`${operation}-mine`, `${operation}-yours`]) {
      await drain(userId)
      expect(await stored(userId)).toEqual(['1'])
    }
  })

  it('records user ids with lone surrogates under the one user of their bucket', async () => {
    const users = ['\ud800', '\ud801', '\ufffd'].map((half) => `${operation}-${half}`)
    expect(await log(users.map((userId, index) => item(userId, `${index}`)))).toEqual(accepted(3))
    await drain(users[0] ?? '')
    expect(await stored(`${operation}-\ufffd`)).toEqual(['0', '1', '2'])
  })

  describe('the time of an item', () => {
    const MINUTE = 60_000
    it('may be up to five minutes ahead', async () => {
      expect(
        await log([
          item(`${operation}-ahead`, 'just', { ts: Date.now() + 5 * MINUTE }),
          item(`${operation}-ahead`, 'too far', { ts: Date.now() + 5 * MINUTE + 1 }),
          item(`${operation}-ahead`, 'ISO', {
            ts: new Date(Date.now() + 6 * MINUTE).toISOString(),
          }),
        ]),
      ).toEqual({
        accepted: 1,
        duplicates: 0,
        rejected: [
          { id: 'too far', errorCode: 'IN_THE_FUTURE' },
          { id: 'ISO', errorCode: 'IN_THE_FUTURE' },
        ],
      })
    })

    it('stays as sent in an item 40 days late, and defaults to now', async () => {
      const userId = `${operation}-late`
      const long = Date.now() - 40 * 24 * 3_600_000
      await log([
        item(userId, '1', { ts: long }),
        item(userId, '2', { ts: new Date(long + 1).toISOString() }),
        item(userId, '3'),
      ])
      await drain(userId)
      expect(
        await rows(`SELECT id, at FROM ${table} WHERE user_id = ? ORDER BY id`, userId),
      ).toEqual([
        { id: '1', at: long },
        { id: '2', at: long + 1 },
        { id: '3', at: Date.now() },
      ])
    })
  })

  it('returns 503 when one object fails, and counts each item once when the batch is repeated', async () => {
    const { control, namespace } = lyingParticipants(env.PARTICIPANT)
    const at = isolate({ PARTICIPANT: namespace })
    const users = ['up-1', 'down', 'up-2'].map((name) => `${operation}-${name}`)
    control.only = users.slice(1, 2)
    control.mode = 'throwing'
    const body = { [operation]: users.map((userId) => item(userId, '1')) }
    const path = `/v1/${operation}?minVersion=${made.version}`
    const refusal = await problem(sendWith(at, 'POST', path, { as: CLIENT, body }))
    expect(refusal).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
    expect(refusal.headers.get('Retry-After')).toMatch(/^[1-9]/)
    control.mode = 'honest'
    expect(await json(sendWith(at, 'POST', path, { as: CLIENT, body }))).toEqual(
      only({ accepted: 1, duplicates: 2 }),
    )
    for (const userId of users) {
      await drain(userId)
      expect(await stored(userId)).toEqual(['1'])
    }
  })
})
