import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import type { AssignResponse } from '../../schema/participation.ts'
import { seedKeys, watchConsole } from '../support/api.ts'
import {
  assign,
  drain,
  getVariant,
  isolate,
  participant,
  reweight,
  rows,
  runExperiment,
  stopClock,
  until,
  weighted,
  type Asked,
} from '../support/experiments.ts'
import { lyingD1, withParticipantBindings } from '../support/faults.ts'
import { EXPOSURES } from '../support/participant-tables.ts'

const { calls: CALLS } = inject('race')

/** A call that a restart cuts off is logged. The tests below count these lines. */
const logged = watchConsole()

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

/** Two isolates: the first has an old snapshot in which all users get A, the second a new one in which all get B. */
const openTwoVersions = async (key: string, { isReweighted = false } = {}) => {
  const [old, fresh] = [isolate(), isolate()]
  const witness = `${key}-witness`
  const first = isReweighted ? weighted(1, 1) : weighted(10_000, 1)
  const launched = await runExperiment(key, { variants: first })
  const before = isReweighted ? await reweight(key, weighted(10_000, 1)) : launched
  expect(await getVariant(key, witness, { at: old, minVersion: before })).toEqual({ variant: 'A' })
  const after = await reweight(key, weighted(1, 10_000))
  expect(await getVariant(key, witness, { at: fresh, minVersion: after })).toEqual({ variant: 'B' })
  expect(await getVariant(key, witness, { at: old })).toEqual({ variant: 'A' })
  return [old, fresh] as const
}

const makeCalls = (key: string, userId: string, isolates: readonly Asked['at'][]) =>
  Array.from({ length: CALLS }, (_, index) => {
    const at = isolates[index % isolates.length]
    return () => assign(key, userId, at ? { at } : {})
  })

type Calls = ReturnType<typeof makeCalls>

const sendAll = (calls: Calls) => Promise.all(calls.map((call) => call()))

/** Sends all calls at once, and acts once after this many answers. */
const sendInterrupted = async (calls: Calls, answersBefore: number, act: () => Promise<void>) => {
  let answered = 0
  let acting: Promise<void> | undefined
  const answers = await sendAll(
    calls.map((call) => async () => {
      const answer = await call()
      if (++answered === answersBefore) acting = act()
      return answer
    }),
  )
  await acting
  return answers
}

/** The number of calls that the object has not answered. */
const countUnanswered = () =>
  logged.filter(([line]) => (line as { event?: string }).event === 'participant.unanswered').length

/** The rows in D1, and how many answers had that variant, were new or were not sticky. */
const summarizeRace = async (key: string, userId: string, answers: readonly AssignResponse[]) => {
  await drain(userId)
  const stored = await rows<{ variant: string; exposures: number }>(
    `SELECT variant, ${EXPOSURES} FROM experiment_assignment WHERE experiment_key = ? AND user_id = ?`,
    key,
    userId,
  )
  return {
    rows: stored.length,
    exposures: stored[0]?.exposures,
    ofThatVariant: answers.filter(({ variant }) => variant === stored[0]?.variant).length,
    isNew: answers.filter(({ isNew }) => isNew).length,
    notSticky: answers.filter(({ sticky }) => sticky === false).length,
  }
}

const ONE = { rows: 1, exposures: 1, ofThatVariant: CALLS, isNew: 1, notSticky: 0 }

describe(`${CALLS} concurrent first assign calls for one user, across two snapshot versions, make one row with one variant and one isNew`, () => {
  it('the calls agree without any failure', async () => {
    const calls = makeCalls('undisturbed', 'u-1', await openTwoVersions('undisturbed'))
    expect(await summarizeRace('undisturbed', 'u-1', await sendAll(calls))).toEqual(ONE)
  })

  it('the calls agree when the object is aborted while all of them wait in it', async () => {
    // After a change of weights the object looks into D1 before the first assignment.
    const isolates = await openTwoVersions('waiting', { isReweighted: true })
    const calls = makeCalls('waiting', 'u-2', isolates)
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings('u-2', { DB: d1 })
    control.mode = 'held'
    const before = countUnanswered()
    const racing = sendAll(calls)
    await until(() => control.held.length > 0)
    await abortAllDurableObjects()
    expect(await summarizeRace('waiting', 'u-2', await racing)).toEqual(ONE)
    expect(countUnanswered()).toBeGreaterThan(before)
  })

  it.each([
    ['aborted', 1, () => abortAllDurableObjects()],
    ['aborted', CALLS / 2, () => abortAllDurableObjects()],
    ['evicted', 1, () => evictDurableObject(participant('u-3'))],
    ['evicted', CALLS / 2, () => evictDurableObject(participant('u-3'))],
  ])('the calls agree when the object is %s after answer number %i', async (how, count, act) => {
    const key = `${how}-after-${count}`
    const calls = makeCalls(key, 'u-3', await openTwoVersions(key))
    expect(await summarizeRace(key, 'u-3', await sendInterrupted(calls, count, act))).toEqual(ONE)
  })

  it('the calls agree when the object is aborted before the first answer', async () => {
    const calls = makeCalls('at-once', 'u-4', await openTwoVersions('at-once'))
    const racing = sendAll(calls)
    await abortAllDurableObjects()
    expect(await summarizeRace('at-once', 'u-4', await racing)).toEqual(ONE)
  })
})

it('POST assign: a call repeated after a restart still gets isNew for its own assignment', async () => {
  await runExperiment('own')
  const call = {
    userId: 'u-5',
    experimentKey: 'own',
    bucketVariant: 'A',
    isBucketed: true,
    requestId: 'the same when it is sent again',
    expiresAt: Date.now() + 1_000,
  }
  expect(await participant('u-5').assign(call)).toEqual({ variant: 'A', isNew: true })
  await evictDurableObject(participant('u-5'))
  expect(await participant('u-5').assign(call)).toEqual({ variant: 'A', isNew: true })
  expect(await participant('u-5').assign({ ...call, requestId: 'another' })).toEqual({
    variant: 'A',
    isNew: false,
  })
})

it('POST assign: the first of two isolates with different snapshots decides for both', async () => {
  const [old, fresh] = await openTwoVersions('first-decides')
  expect(await assign('first-decides', 'u-6', { at: old })).toMatchObject({ variant: 'A' })
  expect(await assign('first-decides', 'u-6', { at: fresh })).toMatchObject({ variant: 'A' })
  expect(await getVariant('first-decides', 'u-6', { at: fresh })).toEqual({ variant: 'A' })
  expect(await assign('first-decides', 'u-7', { at: fresh })).toMatchObject({ variant: 'B' })
  expect(await assign('first-decides', 'u-7', { at: old })).toMatchObject({ variant: 'B' })
})
