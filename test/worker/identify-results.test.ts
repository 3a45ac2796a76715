import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CLIENT, problem, seedKeys, sendWith, watchConsole } from '../support/api.ts'
import {
  accepted,
  assign,
  drain,
  expose,
  identify,
  isolate,
  pass,
  reweight,
  rows,
  runExperiment,
  stopClock,
  track,
  userWith,
  weighted,
} from '../support/experiments.ts'
import {
  lyingD1,
  lyingParticipants,
  withParticipantBindings,
  type Method,
} from '../support/faults.ts'
import { readResults, settle } from '../support/results.ts'

/** Keeps the expected log lines about failing objects and databases out of the output. */
watchConsole()

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const DAY = 24 * 3_600_000

const made = { count: 0 }

/** A new experiment, an anonymous id that is assigned A, and a user id whose bucket is B. */
const aPair = async () => {
  const key = `results-${made.count++}`
  await runExperiment(key)
  const [anonymousId, userId] = [await userWith(key, 'A'), await userWith(key, 'B')]
  await assign(key, anonymousId)
  return { key, anonymousId, userId }
}

const NO_COUNTS = [0, 0, 0, 0]

describe('Results after a sign-in merge', () => {
  it('count one converted user for an anonymous exposure and a booking after sign-in', async () => {
    const { key, anonymousId, userId } = await aPair()
    pass(60_000)
    await identify(anonymousId, userId)
    await track([{ id: 'b', type: 'booking.confirmed', userId }])
    await settle(userId, anonymousId)
    expect(await readResults(key)).toMatchObject({
      conflicts: 0,
      counts: { A: [1, 1, 1, 1], B: NO_COUNTS },
    })
  })

  it('count one user when both ids had the same variant', async () => {
    const { key, anonymousId } = await aPair()
    const userId = await userWith(key, 'A', {}, 'user-')
    await assign(key, userId)
    await identify(anonymousId, userId)
    await settle(anonymousId, userId)
    expect(await readResults(key)).toMatchObject({
      conflicts: 0,
      counts: { A: [1, 2, 1, 0], B: NO_COUNTS },
    })
  })

  it('count a later booking of the anonymous id from the next sign-in on', async () => {
    const { key, anonymousId, userId } = await aPair()
    await identify(anonymousId, userId)
    const seen = { id: 'seen', experimentKey: key, userId: anonymousId, variant: 'A' }
    expect(await expose([seen])).toEqual(accepted(1))
    expect(await expose([seen])).toMatchObject({ duplicates: 1 })
    pass(60_000)
    await track([{ id: 'b', type: 'booking.confirmed', userId: anonymousId }])
    await settle(anonymousId, userId)
    expect((await readResults(key)).counts).toEqual({ A: [1, 2, 1, 0], B: NO_COUNTS })
    await identify(anonymousId, userId)
    await settle(anonymousId, userId)
    expect((await readResults(key)).counts).toEqual({ A: [1, 2, 1, 1], B: NO_COUNTS })
  })
})

describe('Results after a merge that reaches D1 before the rows of the user', () => {
  it('keep the time and the phase in which the user got the variant', async () => {
    const key = 'merge-first'
    await runExperiment(key, { variants: weighted(10_000, 1) })
    await assign(key, 'first-device')
    pass(DAY)
    const minVersion = await reweight(key, weighted(10_000, 2))
    await assign(key, 'first-user', { minVersion })
    const assignedAt = Date.now()
    pass(DAY)
    await identify('first-device', 'first-user')
    await settle('first-device', 'first-user')
    expect(
      await rows(
        'SELECT user_id, assigned_at, phase FROM experiment_assignment WHERE experiment_key = ?',
        key,
      ),
    ).toEqual([{ user_id: 'first-user', assigned_at: assignedAt, phase: 2 }])
  })
})

describe('Results after a merge of two variants', () => {
  it('count one conflict, and no earlier or later row of the person', async () => {
    const { key, anonymousId, userId } = await aPair()
    await assign(key, userId)
    await settle(anonymousId, userId)
    expect((await readResults(key)).counts).toEqual({ A: [1, 1, 1, 0], B: [1, 1, 1, 0] })
    await identify(anonymousId, userId)
    for (const [who, variant] of [
      [anonymousId, 'A'],
      [userId, 'B'],
    ] as const) {
      await expose([{ id: 'later', experimentKey: key, userId: who, variant }])
      await track([{ id: 'later', type: 'booking.confirmed', userId: who }])
    }
    await settle(anonymousId, userId)
    expect(await readResults(key)).toEqual({ conflicts: 1, counts: { A: NO_COUNTS, B: NO_COUNTS } })
  })

  it('count the person in an experiment in which only one id was assigned', async () => {
    const { key, anonymousId, userId } = await aPair()
    const other = `${key}-other`
    await runExperiment(other)
    await assign(key, userId)
    await assign(other, userId)
    await identify(anonymousId, userId)
    await settle(anonymousId, userId)
    expect((await readResults(key)).conflicts).toBe(1)
    const { conflicts, counts } = await readResults(other)
    expect(conflicts).toBe(0)
    expect(Object.values(counts).map(([users]) => users)).toEqual(expect.arrayContaining([0, 1]))
  })
})

const STEPS: readonly Method[] = [
  'getIdentityState',
  'claimAnonymousId',
  'mergeAssignments',
  'queueMerge',
]

describe.each(STEPS)('Sign-in merge, step %s', (step) => {
  it.each([
    ['call', 'lost'],
    ['answer', 'unheard'],
  ] as const)(
    'returns 503 when the %s is lost, and completes when it is repeated',
    async (_, fault) => {
      const { key, anonymousId, userId } = await aPair()
      const { control, namespace } = lyingParticipants(env.PARTICIPANT)
      const at = isolate({ PARTICIPANT: namespace })
      control[fault] = step
      const body = { anonymousId, userId }
      expect(
        await problem(sendWith(at, 'POST', '/v1/identify', { as: CLIENT, body })),
      ).toMatchObject({
        status: 503,
        errorCode: 'UNAVAILABLE',
      })
      expect(await identify(anonymousId, userId)).toMatchObject({ variants: { [key]: 'A' } })
      await settle(anonymousId, userId)
      expect(await readResults(key)).toMatchObject({
        conflicts: 0,
        counts: { A: [1, 1, 1, 0], B: NO_COUNTS },
      })
    },
  )
})

describe('Sign-in merge while D1 fails', () => {
  it('returns 503 and merges nothing when D1 is down from the start', async () => {
    const { key, anonymousId, userId } = await aPair()
    const { control, d1 } = lyingD1(env.DB)
    control.mode = 'down'
    const far = isolate({ DB: d1 })
    const body = { anonymousId, userId }
    const answer = sendWith(far, 'POST', '/v1/identify', { as: CLIENT, body })
    expect((await problem(answer)).status).toBe(503)
    expect(await assign(key, userId)).toEqual({ variant: 'B', isNew: true })
  })

  it('keeps acknowledged rows in the outbox and counts them once when D1 is back', async () => {
    const { key, anonymousId, userId } = await aPair()
    const { control, d1 } = lyingD1(env.DB)
    await identify(anonymousId, userId)
    for (const id of [anonymousId, userId]) await withParticipantBindings(id, { DB: d1 })
    for (const mode of ['down', 'commits silently'] as const) {
      control.mode = mode
      await drain(userId)
      await drain(anonymousId)
    }
    control.mode = 'honest'
    await settle(anonymousId, userId)
    expect((await readResults(key)).counts).toEqual({ A: [1, 1, 1, 0], B: NO_COUNTS })
  })
})
