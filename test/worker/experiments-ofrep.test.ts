import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { OfrepBulkResponse, OfrepSuccess } from '../../schema/ofrep.ts'
import { CLIENT, json, putFlag, seedKeys, send } from '../support/api.ts'
import {
  act,
  assign,
  draft,
  getVariant,
  pass,
  countPending,
  reweight,
  runExperiment,
  stopClock,
  weighted,
} from '../support/experiments.ts'

/** The snapshot version that knows everything. `runs` gives A, `moved` gave A once and gives B since. */
const made = { version: 0 }
beforeAll(async () => {
  await seedKeys()
  await putFlag('a.flag')
  await draft('drafted')
  await runExperiment('held')
  await act('held', 'pause')
  await runExperiment('ended')
  await act('ended', 'stop')
  await runExperiment('to-come', { startAt: '2090-01-01T00:00:00Z' })
  await runExperiment('runs', { variants: weighted(10_000, 1) })
  await runExperiment('moved', { variants: weighted(10_000, 1) })
  made.version = await reweight('moved', weighted(1, 10_000))
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const ask = (path: string, context: object, headers = {}) =>
  send('POST', `/ofrep/v1/evaluate/flags${path}?minVersion=${made.version}`, {
    as: CLIENT,
    body: { context },
    headers,
  })
const one = (key: string, context: object = { targetingKey: 'u-1' }) => ask(`/${key}`, context)
const bulk = async (context: object = { targetingKey: 'u-1' }) =>
  new Map((await json<OfrepBulkResponse>(ask('', context))).flags.map((flag) => [flag.key, flag]))

const runs = { key: 'runs', value: 'A', reason: 'SPLIT', variant: 'A' }

describe('OFREP: running experiment', () => {
  it('the result is a string whose value and variant are the name of the variant', async () => {
    const answer = await one('runs')
    expect(answer.status).toBe(200)
    expect(OfrepSuccess.strict().parse(await json(answer))).toEqual(runs)
  })

  it('the bulk result equals the single result', async () => {
    const all = await bulk()
    expect(all.get('runs')).toEqual(runs)
    expect(all.get('moved')).toMatchObject({ value: 'B', variant: 'B' })
    expect(all.get('a.flag')).toMatchObject({ value: true, variant: 'on' })
  })

  it('the result is the assigned variant, whatever the weights are now', async () => {
    await runExperiment('kept', { variants: weighted(10_000, 1) })
    await assign('kept', 'u-2', { minVersion: await reweight('kept', weighted(1, 10_000)) })
    made.version = await reweight('kept', weighted(10_000, 1))
    const context = { targetingKey: 'u-2' }
    expect(await json(one('kept', context))).toMatchObject({ value: 'B', variant: 'B' })
    expect((await bulk(context)).get('kept')).toMatchObject({ value: 'B', variant: 'B' })
    expect(await getVariant('kept', 'u-2')).toEqual({ variant: 'B' })
  })

  it('userId and targetingKey give the same result', async () => {
    for (const context of [{ userId: 'u-1' }, { targetingKey: 'u-1', userId: 'u-9' }])
      expect(await json(one('runs', context))).toEqual(runs)
  })

  it('a context without a user id is an error for the experiment only', async () => {
    for (const context of [{}, { targetingKey: '' }, { targetingKey: ' ', userId: '\t' }]) {
      const answer = await one('runs', context)
      expect(answer.status).toBe(400)
      expect(await json(answer)).toEqual({
        key: 'runs',
        errorCode: 'TARGETING_KEY_MISSING',
        errorDetails: expect.stringContaining('targetingKey'),
      })
      const all = await bulk(context)
      expect(all.get('runs')).toMatchObject({ key: 'runs', errorCode: 'TARGETING_KEY_MISSING' })
      expect(all.get('a.flag')).toMatchObject({ value: true })
    }
  })

  it('the bulk ETag changes when the experiment stops, and not while the results stay', async () => {
    made.version = await runExperiment('tagged', { variants: weighted(10_000, 1) })
    const context = { targetingKey: 'u-3' }
    const { headers } = await ask('', context)
    const tag = headers.get('ETag') ?? ''
    expect((await ask('', context, { 'If-None-Match': tag })).status).toBe(304)
    made.version = await reweight('tagged', weighted(1_000, 0))
    expect((await ask('', context, { 'If-None-Match': tag })).status).toBe(304)
    made.version = await act('tagged', 'stop')
    expect((await ask('', context, { 'If-None-Match': tag })).status).toBe(200)
  })
})

describe.each(['drafted', 'held', 'ended', 'to-come'])(
  'an experiment that does not run: %s',
  (key) => {
    it('the key answers FLAG_NOT_FOUND', async () => {
      const answer = await one(key)
      expect(answer.status).toBe(404)
      expect(await json(answer)).toMatchObject({ key, errorCode: 'FLAG_NOT_FOUND' })
      expect((await bulk()).has(key)).toBe(false)
    })
  },
)

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

/** The answer for this experiment alone, and whether the bulk answer contains it. */
const seen = async (key: string) => [(await one(key)).status, (await bulk()).has(key)]

describe('OFREP: schedule of an experiment', () => {
  it('the experiment appears at startAt and disappears at stopAt, to the millisecond', async () => {
    made.version = await runExperiment('timed', { startAt: inMs(1_000), stopAt: inMs(2_000) })
    pass(999)
    expect(await seen('timed')).toEqual([404, false])
    pass(1)
    expect(await seen('timed')).toEqual([200, true])
    pass(999)
    expect(await seen('timed')).toEqual([200, true])
    pass(1)
    expect(await seen('timed')).toEqual([404, false])
  })
})

it('OFREP: an evaluation records no assignment and no exposure', async () => {
  for (let again = 0; again < 3; again++) {
    await one('runs', { targetingKey: 'u-4' })
    await one('moved', { targetingKey: 'u-4' })
    await bulk({ targetingKey: 'u-4' })
    await getVariant('runs', 'u-4')
  }
  expect(await countPending('u-4')).toBe(0)
  expect(await assign('runs', 'u-4')).toEqual({ variant: 'A', isNew: true })
  const counted = await env.DB.prepare(
    "SELECT count(*) AS count FROM experiment_assignment WHERE user_id = 'u-4'",
  ).first('count')
  expect(counted).toBe(0)
})

it('OFREP: all answers fit the schema', async () => {
  const answer = await json(ask('', { targetingKey: 'u-5' }))
  expect(OfrepBulkResponse.parse(answer)).toEqual(answer)
})
