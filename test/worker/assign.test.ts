import * as fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { AssignResponse, VariantResponse } from '../../schema/participation.ts'
import { bucketVariant, compileExperiment, readSubject } from '../../worker/evaluate/index.ts'
import { CLIENT, json, problem, seedKeys, send, SERVER } from '../support/api.ts'
import {
  act,
  assign,
  draft,
  drain,
  getVariant,
  HALVES,
  isolate,
  pass,
  patch,
  countPending,
  reweight,
  rows,
  runExperiment,
  stopClock,
} from '../support/experiments.ts'
import { EXPOSURES } from '../support/participant-tables.ts'
import '../support/property-seed.ts'

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

/** Weights with which each new user gets this variant. */
const only = (name: string) =>
  ['A', 'B'].map((each) => ({ name: each, weight: each === name ? 10_000 : 1 }))

const NOT_ASSIGNED = { variant: null, isNew: false }

describe('POST assign', () => {
  it('the first call assigns the user and records the first exposure, a repetition does not', async () => {
    const minVersion = await runExperiment('once')
    const { variant, ...first } = await assign('once', 'u-1', { minVersion })
    expect(first).toEqual({ isNew: true })
    pass(1_000)
    for (let again = 0; again < 3; again++)
      expect(await assign('once', 'u-1')).toEqual({ variant, isNew: false })
    await drain('u-1')
    expect(
      await rows(`SELECT variant, ${EXPOSURES} FROM experiment_assignment WHERE user_id = 'u-1'`),
    ).toEqual([{ variant, exposures: 1 }])
    expect(
      await rows("SELECT id, variant, at FROM experiment_exposure WHERE user_id = 'u-1'"),
    ).toEqual([{ id: 'first:once', variant, at: Date.now() - 1_000 }])
  })

  it('client and server keys get the same variant, by userId or targetingKey', async () => {
    const minVersion = await runExperiment('both')
    const { variant } = await assign('both', 'u-2', { minVersion })
    for (const as of [CLIENT, SERVER])
      for (const context of [
        { userId: 'u-2' },
        { targetingKey: 'u-2' },
        { targetingKey: 'u-2', userId: 'someone else' },
        { targetingKey: ' ', userId: 'u-2', role: 'ADMIN', plan: ['any'] },
      ])
        expect(
          await json(send('POST', '/v1/experiments/both/assign', { as, body: { context } })),
        ).toEqual({ variant, isNew: false })
  })

  it("a user's variants in different experiments are independent", async () => {
    const keys = ['one', 'two', 'three', 'four', 'five', 'six']
    let minVersion = 0
    for (const key of keys) minVersion = await runExperiment(key)
    const seen = new Set<string>()
    for (let index = 0; index < 12; index++) {
      const variants = []
      for (const key of keys)
        variants.push((await assign(key, `many-${index}`, { minVersion })).variant)
      seen.add(variants.join(''))
    }
    expect(seen.size).toBeGreaterThan(6)
  })

  it('an experiment may have the key constructor', async () => {
    const minVersion = await runExperiment('constructor')
    const { variant } = await assign('constructor', 'u-3', { minVersion })
    expect(['A', 'B']).toContain(variant)
    expect(await getVariant('constructor', 'u-3')).toEqual({ variant })
  })
})

describe('getVariant', () => {
  it('the answer is the one of assign, and nothing is created', async () => {
    const minVersion = await runExperiment('peek')
    const peeked = await getVariant('peek', 'u-4', { minVersion })
    expect(await countPending('u-4')).toBe(0)
    expect(await assign('peek', 'u-4')).toEqual({ ...peeked, isNew: true })
    expect(await getVariant('peek', 'u-4')).toEqual(peeked)
    expect(await countPending('u-4')).toBe(2)
  })

  it('an unassigned user gets the bucket after the weights changed, whatever the experiment key', async () => {
    const minVersion = await reweight('constructor', [
      { name: 'A', weight: 1 },
      { name: 'B', weight: 10_000 },
    ])
    expect(await getVariant('constructor', 'u-5', { minVersion })).toEqual({ variant: 'B' })
  })
})

describe('An experiment that is not running', () => {
  const stages: [string, (key: string) => Promise<number>][] = [
    ['draft', async (key) => (await draft(key)).snapshotVersion],
    ['paused', async (key) => (await runExperiment(key), act(key, 'pause'))],
    ['stopped', async (key) => (await runExperiment(key), act(key, 'stop'))],
    [
      'scheduled',
      (key) => runExperiment(key, { startAt: new Date(Date.now() + 60_000).toISOString() }),
    ],
  ]
  it.each(stages)('a user gets no variant while the status is %s', async (stage, make) => {
    const minVersion = await make(`not-${stage}`)
    expect(await assign(`not-${stage}`, 'u-6', { minVersion })).toEqual(NOT_ASSIGNED)
    expect(await getVariant(`not-${stage}`, 'u-6')).toEqual({ variant: null })
    expect(await countPending('u-6')).toBe(0)
  })

  it('an assigned user gets no variant during a pause, and the old one after a relaunch', async () => {
    const at = isolate()
    const { variant } = await assign('held', 'u-7', {
      at,
      minVersion: await runExperiment('held'),
    })
    expect(await assign('held', 'u-7', { at, minVersion: await act('held', 'pause') })).toEqual(
      NOT_ASSIGNED,
    )
    expect(await assign('held', 'u-7', { at, minVersion: await act('held', 'launch') })).toEqual({
      variant,
      isNew: false,
    })
    expect(await assign('held', 'u-7', { at, minVersion: await act('held', 'stop') })).toEqual(
      NOT_ASSIGNED,
    )
  })
})

describe.each(['assign', 'variant'])('POST %s', (operation) => {
  const ask = (key: string, body: unknown, as = CLIENT) =>
    send('POST', `/v1/experiments/${key}/${operation}`, { as, body })

  it.each(['unknown', 'Not-a-key', 'x'.repeat(200), '%00', '..%2f', '__proto__'])(
    'an unknown experiment answers 404: %s',
    async (key) => {
      expect(await problem(ask(key, { context: { userId: 'u-8' } }))).toMatchObject({
        status: 404,
        errorCode: 'EXPERIMENT_NOT_FOUND',
      })
    },
  )

  it.each([
    ['no user id', {}],
    ['a user id of null', { userId: null }],
    ['an empty id', { userId: '' }],
    ['a blank id', { userId: ' \t\n' }],
    ['a list for an id', { userId: ['u-8'] }],
    ['two blank ids', { targetingKey: ' ', userId: '\u00a0' }],
  ])('a user with %s answers 400 TARGETING_KEY_MISSING', async (_, context) => {
    expect(await problem(ask('once', { context }))).toMatchObject({
      status: 400,
      errorCode: 'TARGETING_KEY_MISSING',
    })
  })

  it.each([
    ['of 10 KB', 'x'.repeat(10_240)],
    ['of 257 characters', 'x'.repeat(257)],
  ])('an id %s answers 400 INVALID_CONTEXT with its path', async (_, userId) => {
    expect(await problem(ask('once', { context: { userId } }))).toMatchObject({
      status: 400,
      errorCode: 'INVALID_CONTEXT',
      issues: [{ path: 'context.userId' }],
    })
  })

  it('an id may have 256 characters of any kind', async () => {
    for (const userId of ['x'.repeat(256), '漢'.repeat(256), '\u0001'.repeat(256), '\ud800'])
      expect((await ask('once', { context: { userId } })).status).toBe(200)
  })

  it.each([
    ['no context', '{}', 400],
    ['no JSON', 'userId=1', 400],
    ['70 KB', JSON.stringify({ context: { userId: 'u', x: 'x'.repeat(70_000) } }), 413],
  ])('a body with %s is refused', async (_, body, status) => {
    expect(await problem(ask('once', body))).toMatchObject({ status })
  })

  it('a request without an evaluation key answers 401', async () => {
    for (const as of ['', 'flags_admin_local', 'nobody'])
      expect(await problem(ask('once', { context: { userId: 'u-8' } }, as))).toMatchObject({
        status: 401,
      })
  })

  it('the answer has the documented shape, and no cache may keep it', async () => {
    const answer = await ask('once', { context: { userId: 'u-9' } })
    expect(answer.headers.get('Cache-Control')).toBe('private, no-store')
    expect(answer.headers.get('X-Snapshot-Version')).toMatch(/^\d+$/)
    const schema = operation === 'assign' ? AssignResponse : VariantResponse
    const body = await json(answer)
    expect(schema.strict().parse(body)).toEqual(body)
  })
})

describe('New weights between a pause and a relaunch', () => {
  it('assigned users keep their variants, and new users follow the new weights', async () => {
    const someVariants = fc
      .array(fc.integer({ min: 0, max: 10_000 }), { minLength: 3, maxLength: 3 })
      // A launch needs a control and another variant that users can get.
      .filter(([control = 0, ...others]) => control > 0 && others.some((weight) => weight > 0))
      .map((weights) => weights.map((weight, index) => ({ name: `v${index}`, weight })))
    const trial = { count: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(someVariants, { minLength: 2, maxLength: 4 }),
        fc.array(fc.uuid(), { minLength: 1, maxLength: 4 }),
        async (edits, users) => {
          const key = `property-${trial.count++}`
          const has = new Map<string, string | null>()
          let minVersion = 0
          for (const [round, variants] of edits.entries()) {
            minVersion =
              round === 0 ? await runExperiment(key, { variants }) : await reweight(key, variants)
            const bucket = compileExperiment({
              key,
              variants,
              status: 'RUNNING',
              startAt: null,
              stopAt: null,
              isBucketed: true,
              hasInherited: false,
            })
            for (const [userId, variant] of has) {
              expect(await getVariant(key, userId, { minVersion })).toEqual({ variant })
              expect(await assign(key, userId, { minVersion })).toEqual({ variant, isNew: false })
            }
            for (const user of users) {
              const userId = `${user}-${round}`
              const variant = bucketVariant(bucket, readSubject({ userId }))
              expect(await getVariant(key, userId, { minVersion })).toEqual({ variant })
              expect(await assign(key, userId, { minVersion })).toEqual({ variant, isNew: true })
              has.set(userId, variant)
            }
          }
        },
      ),
      { numRuns: 15 },
    )
  })

  it('a user assigned in between keeps the variant after the weights are changed back', async () => {
    await runExperiment('there-and-back', { variants: only('A') })
    let minVersion = await reweight('there-and-back', only('B'))
    expect(await assign('there-and-back', 'u-10', { minVersion })).toMatchObject({ variant: 'B' })
    minVersion = await reweight('there-and-back', only('A'))
    expect(await getVariant('there-and-back', 'u-10', { minVersion })).toEqual({ variant: 'B' })
    expect(await getVariant('there-and-back', 'u-11')).toEqual({ variant: 'A' })
  })

  it('the new weights apply only after the relaunch', async () => {
    await runExperiment('not-yet', { variants: HALVES })
    await act('not-yet', 'pause')
    const { snapshotVersion } = await patch('not-yet', {
      variants: [
        { name: 'A', weight: 1 },
        { name: 'B', weight: 10_000 },
      ],
    })
    expect(await assign('not-yet', 'u-12', { minVersion: snapshotVersion })).toEqual(NOT_ASSIGNED)
  })
})
