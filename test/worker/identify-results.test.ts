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
  runExperiment,
  stopClock,
  track,
  userWith,
} from '../support/experiments.ts'
import {
  lyingD1,
  lyingParticipants,
  withParticipantBindings,
  type Method,
} from '../support/faults.ts'
import { resultsOf, settle } from '../support/results.ts'

/** Objects and databases that fail are logged; nobody need read it here. */
watchConsole()

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const made = { count: 0 }

/** A visitor who has A, and a user whose bucket says B, in an experiment of their own. */
const aPair = async () => {
  const key = `results-${made.count++}`
  await runExperiment(key)
  const [anonymousId, userId] = [await userWith(key, 'A'), await userWith(key, 'B')]
  await assign(key, anonymousId)
  return { key, anonymousId, userId }
}

const NOBODY = [0, 0, 0, 0]

describe('results count a person once', () => {
  it('who saw it as nobody and booked after signing in', async () => {
    const { key, anonymousId, userId } = await aPair()
    pass(60_000)
    await identify(anonymousId, userId)
    await track([{ id: 'b', type: 'booking.confirmed', userId }])
    await settle(userId, anonymousId)
    expect(await resultsOf(key)).toMatchObject({
      conflicts: 0,
      counts: { A: [1, 1, 1, 1], B: NOBODY },
    })
  })

  it('who had the same variant with both ids', async () => {
    const { key, anonymousId } = await aPair()
    const userId = await userWith(key, 'A', {}, 'user-')
    await assign(key, userId)
    await identify(anonymousId, userId)
    await settle(anonymousId, userId)
    expect(await resultsOf(key)).toMatchObject({
      conflicts: 0,
      counts: { A: [1, 2, 1, 0], B: NOBODY },
    })
  })

  it('also of what the anonymous id does later, from the next sign-in on', async () => {
    const { key, anonymousId, userId } = await aPair()
    await identify(anonymousId, userId)
    const seen = { id: 'seen', experimentKey: key, userId: anonymousId, variant: 'A' }
    expect(await expose([seen])).toEqual(accepted(1))
    expect(await expose([seen])).toMatchObject({ duplicates: 1 })
    pass(60_000)
    await track([{ id: 'b', type: 'booking.confirmed', userId: anonymousId }])
    await settle(anonymousId, userId)
    expect((await resultsOf(key)).counts).toEqual({ A: [1, 2, 1, 0], B: NOBODY })
    await identify(anonymousId, userId)
    await settle(anonymousId, userId)
    expect((await resultsOf(key)).counts).toEqual({ A: [1, 2, 1, 1], B: NOBODY })
  })
})

describe('results leave out who had two variants', () => {
  it('with all that they did before and do later, and say how many that are', async () => {
    const { key, anonymousId, userId } = await aPair()
    await assign(key, userId)
    await settle(anonymousId, userId)
    expect((await resultsOf(key)).counts).toEqual({ A: [1, 1, 1, 0], B: [1, 1, 1, 0] })
    await identify(anonymousId, userId)
    for (const [who, variant] of [
      [anonymousId, 'A'],
      [userId, 'B'],
    ] as const) {
      await expose([{ id: 'later', experimentKey: key, userId: who, variant }])
      await track([{ id: 'later', type: 'booking.confirmed', userId: who }])
    }
    await settle(anonymousId, userId)
    expect(await resultsOf(key)).toEqual({ conflicts: 1, counts: { A: NOBODY, B: NOBODY } })
  })

  it('but count them where they had one', async () => {
    const { key, anonymousId, userId } = await aPair()
    const other = `${key}-other`
    await runExperiment(other)
    await assign(key, userId)
    await assign(other, userId)
    await identify(anonymousId, userId)
    await settle(anonymousId, userId)
    expect((await resultsOf(key)).conflicts).toBe(1)
    const { conflicts, counts } = await resultsOf(other)
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

describe.each(STEPS)('when the step %s fails', (step) => {
  it.each(['lost', 'unheard'] as const)('its answer %s, asking again repairs it', async (fault) => {
    const { key, anonymousId, userId } = await aPair()
    const { control, namespace } = lyingParticipants(env.PARTICIPANT)
    const at = isolate({ PARTICIPANT: namespace })
    control[fault] = step
    const body = { anonymousId, userId }
    expect(await problem(sendWith(at, 'POST', '/v1/identify', { as: CLIENT, body }))).toMatchObject(
      {
        status: 503,
        errorCode: 'UNAVAILABLE',
      },
    )
    expect(await identify(anonymousId, userId)).toMatchObject({ variants: { [key]: 'A' } })
    await settle(anonymousId, userId)
    expect(await resultsOf(key)).toMatchObject({
      conflicts: 0,
      counts: { A: [1, 1, 1, 0], B: NOBODY },
    })
  })
})

describe('when D1 fails', () => {
  it('before anything that needs it: 503, and nothing was inherited', async () => {
    const { key, anonymousId, userId } = await aPair()
    const { control, d1 } = lyingD1(env.DB)
    control.mode = 'down'
    const far = isolate({ DB: d1 })
    const body = { anonymousId, userId }
    const answer = sendWith(far, 'POST', '/v1/identify', { as: CLIENT, body })
    expect((await problem(answer)).status).toBe(503)
    expect(await assign(key, userId)).toEqual({ variant: 'B', isNew: true })
  })

  it('afterwards: what was acknowledged waits in the object, and is counted once', async () => {
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
    expect((await resultsOf(key)).counts).toEqual({ A: [1, 1, 1, 0], B: NOBODY })
  })
})
