import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ExperimentHealth } from '../../schema/experiment-health.ts'
import type { IdentifyResponse } from '../../schema/identity.ts'
import type { AssignResponse, BatchResponse } from '../../schema/participation.ts'
import { readRejections } from '../../sdk/outbox.ts'
import type { Env } from '../../worker/env.ts'
import { MAX_EVENT_TYPES, type RowCounts } from '../../worker/experiments/row-counts.ts'
import type { Publisher } from '../../worker/objects/publisher/publisher.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { REPORT_AFTER_MS } from '../../worker/middleware/report-row-counts.ts'
import {
  CLIENT,
  json,
  makeKey,
  problem,
  putFlag,
  seedKeys,
  send,
  sendWith,
  SERVER,
  VIEWER,
  watchConsole,
} from '../support/api.ts'
import {
  accepted,
  act,
  assign,
  draft,
  expose,
  exposuresTo,
  getVariant,
  isolate,
  participant,
  pass,
  patch,
  runExperiment,
  stopClock,
  track,
  userWith,
  weighted,
} from '../support/experiments.ts'

const logged = watchConsole()

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
const HEADLESS =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36'
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0'

type Visitor = { readonly agent?: string; readonly as?: string; readonly at?: Env }

const post = <T>(path: string, body: object, { agent, as = CLIENT, at = env }: Visitor = {}) =>
  json<T>(
    sendWith(at, 'POST', path, { as, body, ...(agent && { headers: { 'User-Agent': agent } }) }),
  )

const assignAs = (key: string, userId: string, visitor: Visitor = {}, context: object = {}) =>
  post<AssignResponse>(
    `/v1/experiments/${key}/assign`,
    { context: { userId, ...context } },
    visitor,
  )

/** Brings the isolate of the tests to a snapshot version. */
const refresh = (minVersion: number) =>
  post(`/v1/flags/evaluate?minVersion=${minVersion}`, { context: {}, keys: [] })

/** Launches an experiment that the isolate of the tests then knows. */
const launch = async (...settings: Parameters<typeof runExperiment>) => {
  const version = await runExperiment(...settings)
  await refresh(version)
  return version
}

/** The health of an experiment, as the isolate of `at` answers. */
const readHealth = (key: string, at: Env = env) =>
  json<ExperimentHealth>(sendWith(at, 'GET', `/api/experiments/${key}/health`, { as: VIEWER }))

const hasAssignment = async (key: string, userId: string) =>
  (await participant(userId).readVariants(userId, [key], false)).variants.has(key)

const exposure = (key: string, userId: string, id: string, over: object = {}) =>
  exposuresTo(key)(userId, id, over)

/** How many rows and types of the last hour the Publisher has in SQLite. */
const readStored = () =>
  runInDurableObject<Publisher, { rows: number; types: number }>(
    getPublisher(env),
    (_, { storage }) => {
      const count = (isType: number) =>
        Number(
          storage.sql
            .exec(
              `SELECT count(*) AS n FROM row_count
             WHERE isType = ? AND hour = (SELECT max(hour) FROM row_count)`,
              isType,
            )
            .one()['n'],
        )
      return { rows: count(0), types: count(1) }
    },
  )

const listTypes = async (key: string) => (await readHealth(key)).eventTypes.map(({ type }) => type)

describe('Crawlers', () => {
  it.each([
    ['Googlebot', { agent: GOOGLEBOT }, {}],
    ['headless Chromium', { agent: HEADLESS }, {}],
    ['a page that says isBot', { agent: FIREFOX }, { isBot: true }],
    ['a server that says isBot', { as: SERVER }, { isBot: true }],
  ])('%s: assign answers the variant of the bucket and stores nothing', async (name, who, says) => {
    const key = `c-${name.toLowerCase().replaceAll(' ', '-')}`
    const minVersion = await launch(key)
    const userId = await userWith(key, 'B', { minVersion })
    expect(await assignAs(key, userId, who, says)).toEqual({
      variant: 'B',
      reason: 'CRAWLER',
      isNew: false,
    })
    expect(await hasAssignment(key, userId)).toBe(false)
    expect((await readHealth(key)).exposures.uncounted).toEqual({ CRAWLER: 1 })
  })

  it.each([
    ['Firefox', { agent: FIREFOX }, {}],
    ['no user agent', {}, {}],
    ['okhttp', { agent: 'okhttp/4.12.0' }, {}],
    ['curl', { agent: 'curl/8.5.0' }, {}],
    ['a server key with the user agent of a crawler', { as: SERVER, agent: GOOGLEBOT }, {}],
    ['isBot that is a text', { agent: FIREFOX }, { isBot: 'true' }],
    ['isBot that is false', { agent: FIREFOX }, { isBot: false }],
  ])('%s: assign takes a person or a program for a user', async (name, who, says) => {
    const key = `u-${name.toLowerCase().replaceAll(' ', '-')}`
    await launch(key)
    expect(await assignAs(key, 'somebody', who, says)).toMatchObject({ isNew: true })
    expect(await hasAssignment(key, 'somebody')).toBe(true)
  })

  it('may say isBot with a key that trusts no attribute', async () => {
    await launch('c-trusts')
    const { secret, version } = await makeKey('trusts nothing', 'client', { trusts: [] })
    await refresh(version)
    const answer = await assignAs(
      'c-trusts',
      'bot',
      { as: secret, agent: FIREFOX },
      { isBot: true },
    )
    expect(answer).toMatchObject({ reason: 'CRAWLER', isNew: false })
  })

  it('have no variant while the experiment does not run', async () => {
    await draft('c-draft')
    await refresh(await runExperiment('c-other'))
    expect(await assignAs('c-draft', 'bot', { agent: GOOGLEBOT })).toEqual({
      variant: null,
      isNew: false,
    })
  })

  it('send exposures and events once: they are accepted, uncounted and not stored', async () => {
    await launch('c-rows', { variants: weighted(10_000, 1) })
    const exposures = ['1', '2'].map((id) => exposure('c-rows', 'bot-rows', id))
    const body = await post<BatchResponse>('/v1/exposures', { exposures }, { agent: GOOGLEBOT })
    expect(body).toEqual({ ...accepted(2), uncounted: { CRAWLER: 2 } })
    expect(readRejections({ status: 202, body, error: undefined }, 2)).toEqual([])
    const events = [{ id: '1', type: 'booking.confirmed', userId: 'bot-rows' }]
    expect(await post('/v1/events', { events }, { agent: GOOGLEBOT })).toEqual({
      ...accepted(1),
      uncounted: { CRAWLER: 1 },
    })
    expect(await hasAssignment('c-rows', 'bot-rows')).toBe(false)
  })

  it('stay out of the results item by item where an item says isBot', async () => {
    await launch('c-items', { variants: weighted(10_000, 1) })
    const sent = [
      exposure('c-items', 'bot-item', '1', { isBot: true }),
      exposure('c-items', 'person', '1', { isBot: false }),
      exposure('c-items', 'person', '2', { isBot: 'yes' }),
    ]
    expect(await expose(sent, { at: env })).toEqual({ ...accepted(3), uncounted: { CRAWLER: 1 } })
    expect(await hasAssignment('c-items', 'bot-item')).toBe(false)
    expect(await hasAssignment('c-items', 'person')).toBe(true)
    expect((await readHealth('c-items')).exposures).toMatchObject({
      accepted: 2,
      uncounted: { CRAWLER: 1 },
    })
  })

  it('sign in without a merge', async () => {
    await launch('c-identify')
    await assign('c-identify', 'bot-device')
    const ids = { anonymousId: 'bot-device', userId: 'bot-user' }
    const answer = await post<IdentifyResponse>('/v1/identify', ids, { agent: GOOGLEBOT })
    expect(answer).toMatchObject({ variants: {}, conflicts: [], reason: 'CRAWLER' })
    expect(await post('/v1/identify', { ...ids, isBot: true })).toMatchObject({ reason: 'CRAWLER' })
    expect(await participant('bot-user').listAnonymousObjects()).toEqual([])
  })

  it('keep isBot as an attribute of conditions', async () => {
    const { snapshotVersion } = await putFlag('c-flag', {
      enabled: true,
      rollout: 100,
      rules: { where: [{ attribute: 'isBot', operator: 'in', values: [true] }] },
    })
    const read = (isBot: boolean) =>
      post(`/v1/flags/evaluate?minVersion=${snapshotVersion}`, {
        context: { userId: 'u', isBot },
        keys: ['c-flag'],
      })
    expect(await read(true)).toMatchObject({ flags: { 'c-flag': true } })
    expect(await read(false)).toMatchObject({ flags: { 'c-flag': false } })
  })
})

describe('Health of an experiment', () => {
  it('counts exposures by outcome and says more precisely why a variant is wrong', async () => {
    await launch('h-reasons')
    const minVersion = await runExperiment('h-paused')
    const userId = await userWith('h-reasons', 'A', { minVersion })
    const other = await getVariant('h-paused', userId, { minVersion })
    const paused = await act('h-paused', 'pause')
    pass(3_600_000)
    const rows = [
      exposure('h-reasons', userId, '1'),
      exposure('h-reasons', userId, '1'),
      exposure('h-reasons', userId, '2', { variant: 'B' }),
      exposure('h-reasons', userId, '3', { variant: 'C' }),
      exposure('h-reasons', userId, '4', { ts: Date.now() - 30 * 86_400_000 }),
      exposure('h-reasons', userId, '5', { ts: Date.now() + 3_600_000 }),
      exposure('h-reasons', userId, '6', { ts: 'yesterday' }),
      exposure('h-paused', userId, '7', { variant: other.variant }),
      exposure('h-none', userId, '8'),
    ]
    await expose(rows, { at: env, minVersion: paused })
    expect((await readHealth('h-reasons')).exposures).toEqual({
      accepted: 1,
      repeated: 1,
      uncounted: {},
      refused: {
        VARIANT_MISMATCH: 1,
        UNKNOWN_VARIANT: 1,
        BEFORE_LAUNCH: 1,
        IN_THE_FUTURE: 1,
        INVALID_REQUEST: 1,
      },
    })
    expect((await readHealth('h-paused')).exposures.refused).toEqual({ NOT_RUNNING: 1 })
    expect((await readHealth('h-paused')).otherExposures.refused).toMatchObject({
      EXPERIMENT_NOT_FOUND: 1,
    })
  })

  it('counts testers and users who are left out, by assignment and by exposure', async () => {
    await launch('h-people')
    const { snapshotVersion: minVersion } = await patch('h-people', {
      testers: [{ userId: 'qa', variant: 'B' }],
      leftOut: { userIds: ['staff'] },
    })
    await assign('h-people', 'qa', { at: env, minVersion })
    await assign('h-people', 'staff', { at: env, minVersion })
    await expose([exposure('h-people', 'qa', '1', { variant: 'B' })], { at: env, minVersion })
    expect((await readHealth('h-people')).exposures.uncounted).toEqual({ TESTER: 2, LEFT_OUT: 1 })
  })

  it('names event types that count nowhere, and the type that the sender probably meant', async () => {
    await launch('h-events')
    await track(
      [
        { id: '1', type: 'booking_confirmed', userId: 'u-1' },
        { id: '2', type: 'booking_confirmed', userId: 'u-1' },
        { id: '3', type: 'cart.opened', userId: 'u-1' },
        { id: '4', type: 'Booking Confirmed', userId: 'u-1' },
      ],
      { at: env },
    )
    const { eventTypes, events, findings } = await readHealth('h-events')
    expect(eventTypes).toEqual(
      expect.arrayContaining([
        { type: 'booking_confirmed', count: 2, isCounted: false, didYouMean: 'booking.confirmed' },
        { type: 'cart.opened', count: 1, isCounted: false },
      ]),
    )
    expect(events.refused).toMatchObject({ INVALID_REQUEST: 1 })
    expect(findings.map(({ text }) => text)).toContain(
      '2\u00a0events of the type booking_confirmed count in no result. Did you mean booking.confirmed?',
    )
  })

  it('stays small when a client invents event types and experiment keys', async () => {
    await launch('h-hostile')
    for (const batch of [0, 1, 2]) {
      await track(
        Array.from({ length: 400 }, (_, index) => ({
          id: `${index}`,
          type: `invented.${batch}.${index}`,
          userId: `u-${batch}`,
        })),
        { at: env },
      )
      await expose(
        Array.from({ length: 400 }, (_, index) => exposure(`invented-${batch}-${index}`, 'u', '1')),
        { at: env },
      )
    }
    const { rows, types } = await readStored()
    expect(types).toBe(MAX_EVENT_TYPES + 1)
    expect(rows).toBeLessThan(50)
    expect((await readHealth('h-hostile')).otherEvents).toBeGreaterThan(900)
    expect((await listTypes('h-hostile')).length).toBe(50)
  })

  it('forgets hours that are over, and answers from SQLite after a restart', async () => {
    await launch('h-hours', { variants: weighted(10_000, 1) })
    await expose([exposure('h-hours', 'u-hours', '1')], { at: env })
    pass(23 * 3_600_000)
    await expose([exposure('h-hours', 'u-hours', '2')], { at: env })
    expect((await readHealth('h-hours')).exposures.accepted).toBe(2)
    await evictDurableObject(getPublisher(env))
    expect((await readHealth('h-hours')).exposures.accepted).toBe(2)
    pass(3_600_000)
    expect((await readHealth('h-hours')).exposures.accepted).toBe(1)
    pass(24 * 3_600_000)
    expect((await readHealth('h-hours')).exposures.accepted).toBe(0)
    expect(await readStored()).toEqual({ rows: 0, types: 0 })
  })

  it('answers 404 for an experiment that does not exist', async () => {
    const answer = await problem(send('GET', '/api/experiments/none/health', { as: VIEWER }))
    expect(answer).toMatchObject({ status: 404, errorCode: 'EXPERIMENT_NOT_FOUND' })
  })
})

const refuse = () => Promise.reject(new Error('it is away'))

/** An isolate whose Publisher answers reads of snapshots, and counts only while it is up. */
const openIsolate = () => {
  const control = { isDown: false, reports: 0 }
  const PUBLISHER = {
    getByName: (name: string) => {
      const stub = env.PUBLISHER.getByName(name)
      return {
        newerThan: (version: number) => stub.newerThan(version),
        reportKeyUse: (id: string) => stub.reportKeyUse(id),
        addRowCounts: (counts: RowCounts) => {
          control.reports++
          return control.isDown ? refuse() : stub.addRowCounts(counts)
        },
        readRowCounts: (key: string) => (control.isDown ? refuse() : stub.readRowCounts(key)),
      }
    },
  } as unknown as Env['PUBLISHER']
  return { at: isolate({ PUBLISHER }), control }
}

describe('Reports of an isolate', () => {
  it('go to the Publisher at once, then at most once a minute, and lose nothing in between', async () => {
    const minVersion = await launch('r-often', { variants: weighted(10_000, 1) })
    const { at, control } = openIsolate()
    for (const id of ['1', '2', '3'])
      await expose([exposure('r-often', 'u-often', id)], { at, minVersion })
    expect(control.reports).toBe(1)
    pass(REPORT_AFTER_MS)
    await expose([exposure('r-often', 'u-often', '4')], { at, minVersion })
    expect(control.reports).toBe(2)
    expect((await readHealth('r-often')).exposures.accepted).toBe(4)
  })

  it('change no answer while the Publisher is away, and health answers 503', async () => {
    const minVersion = await launch('r-down', { variants: weighted(10_000, 1) })
    const { at, control } = openIsolate()
    control.isDown = true
    const sent = [exposure('r-down', 'u-down', '1')]
    expect(await expose(sent, { at, minVersion })).toEqual(accepted(1))
    expect(await assignAs('r-down', 'bot-down', { at, agent: GOOGLEBOT })).toMatchObject({
      reason: 'CRAWLER',
    })
    expect(logged.flat()).toContainEqual(
      expect.objectContaining({ event: 'row_counts.unreported' }),
    )
    const answer = await problem(
      sendWith(at, 'GET', '/api/experiments/r-down/health', { as: VIEWER }),
    )
    expect(answer).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
    control.isDown = false
    pass(REPORT_AFTER_MS)
    await expose([exposure('r-down', 'u-down', '2')], { at, minVersion })
    expect((await readHealth('r-down', at)).exposures.accepted).toBe(1)
  })
})
