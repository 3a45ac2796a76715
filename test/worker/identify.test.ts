import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Bundle } from '../../schema/evaluation.ts'
import {
  ADMIN,
  CLIENT,
  json,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
} from '../support/api.ts'
import {
  accepted,
  act,
  assign,
  drain,
  expose,
  getVariant,
  identify,
  isolate,
  pass,
  patch,
  reweight,
  rows,
  runExperiment,
  stopClock,
  track,
  userWith,
  weighted,
} from '../support/experiments.ts'
import { lyingParticipants } from '../support/faults.ts'

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const made = { count: 0 }

/** Starts a new experiment and returns its key. */
const anExperiment = async () => {
  const key = `signing-in-${made.count++}`
  await runExperiment(key)
  return key
}

/** An anonymous id that is assigned its bucket A, and a user id whose bucket is B. */
const aPair = async (key: string) => {
  const [anonymousId, userId] = [await userWith(key, 'A'), await userWith(key, 'B')]
  expect(await assign(key, anonymousId)).toEqual({ variant: 'A', isNew: true })
  return { anonymousId, userId }
}

const attempt = (anonymousId: unknown, userId: unknown) =>
  problem(send('POST', '/v1/identify', { as: CLIENT, body: { anonymousId, userId } }))

describe('Sign-in merge', () => {
  it('keeps the anonymous variant over the bucket of the user id, in every endpoint', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    const { version, ...answer } = await identify(anonymousId, userId)
    expect(answer).toEqual({ variants: { [key]: 'A' }, conflicts: [] })

    const context = { userId }
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
    expect(await assign(key, userId)).toEqual({ variant: 'A', isNew: false })
    const bundle = await json<Bundle>(send('POST', '/v1/bundle', { as: CLIENT, body: { context } }))
    expect(bundle.variants[key]).toBe('A')
    const path = `/ofrep/v1/evaluate/flags/${key}`
    const flag = await json(send('POST', path, { as: CLIENT, body: { context } }))
    expect(flag).toMatchObject({ value: 'A', variant: 'A' })
    const exposure = { id: '1', experimentKey: key, userId, variant: 'A' }
    expect(await expose([exposure])).toEqual(accepted(1))
    expect(await getVariant(key, userId, { at: isolate(), minVersion: version })).toEqual({
      variant: 'A',
    })
  })

  it('covers experiments with an assignment or an exposure, and no others', async () => {
    const [one, two, other] = [await anExperiment(), await anExperiment(), await anExperiment()]
    const anonymousId = await userWith(one, 'A')
    const { variant } = await getVariant(two, anonymousId)
    await assign(one, anonymousId)
    await expose([{ id: '1', experimentKey: two, userId: anonymousId, variant: variant ?? '' }])
    const { variants } = await identify(anonymousId, 'goes-on-1')
    expect(variants).toEqual({ [one]: 'A', [two]: variant })
    expect(await assign(other, 'goes-on-1')).toMatchObject({ isNew: true })
  })

  it('keeps the variant of both ids when the weights change later', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await identify(anonymousId, userId)
    await reweight(key, weighted(1, 10_000))
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
    expect(await getVariant(key, anonymousId)).toEqual({ variant: 'A' })
  })

  it('keeps the anonymous variant when the weights changed before the sign-in', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await reweight(key, weighted(1, 10_000))
    const before = await recorded()
    await identify(anonymousId, userId)
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
    expect(await recorded()).toEqual(before)
  })

  it('returns the same and changes nothing when it is repeated', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    const first = await identify(anonymousId, userId)
    const before = await recorded()
    expect(await identify(anonymousId, userId)).toEqual(first)
    await drain(userId)
    await drain(anonymousId)
    expect(await identify(anonymousId, userId)).toEqual(first)
    expect(await recorded()).toEqual(before)
  })

  it('returns one variant to 30 sign-ins and 10 assign calls at once', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    const identifications = Array.from({ length: 30 }, () => identify(anonymousId, userId))
    const assignments = Array.from({ length: 10 }, () => assign(key, userId))
    const { variant } = await assign(key, userId)
    const expected = { variants: { [key]: variant }, conflicts: variant === 'A' ? [] : [key] }
    for (const answer of await Promise.all(identifications)) expect(answer).toMatchObject(expected)
    for (const answer of await Promise.all(assignments)) expect(answer.variant).toBe(variant)
  })

  it('keeps the anonymous variant from the next sign-in on after a D1 restore', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await identify(anonymousId, userId)
    await env.DB.exec('DELETE FROM experiment_inheritance')
    const { snapshotVersion: minVersion } = await putFlag('set.back', { rollout: made.count })
    expect(await getVariant(key, userId, { minVersion })).toEqual({ variant: 'B' })
    await identify(anonymousId, userId)
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
  })

  it('keeps the variant of the device that signed in first', async () => {
    const key = await anExperiment()
    const { anonymousId: phone, userId } = await aPair(key)
    const laptop = `${userId}-laptop`
    const { variant } = await assign(key, laptop)
    await identify(phone, userId)
    const { conflicts } = await identify(laptop, userId)
    expect(conflicts).toEqual(variant === 'A' ? [] : [key])
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
  })
})

describe('Sign-in merge with a conflict', () => {
  it('reports the conflict, and both ids keep their variants', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await assign(key, userId)
    const { version, ...answer } = await identify(anonymousId, userId)
    expect(answer).toEqual({ variants: { [key]: 'B' }, conflicts: [key] })
    expect(await identify(anonymousId, userId)).toEqual({ ...answer, version })
    expect(await getVariant(key, userId)).toEqual({ variant: 'B' })
    expect(await getVariant(key, anonymousId)).toEqual({ variant: 'A' })
    for (const [who, variant] of [
      [userId, 'B'],
      [anonymousId, 'A'],
    ] as const)
      expect(await expose([{ id: 'x', experimentKey: key, userId: who, variant }])).toEqual(
        accepted(1),
      )
  })

  it('prevents the removal of either variant from the experiment', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await assign(key, userId)
    await identify(anonymousId, userId)
    await drain(userId)
    await drain(anonymousId)
    await act(key, 'pause')
    const C = { name: 'C', weight: 1 }
    for (const gone of ['A', 'B'])
      await expect(
        patch(key, { variants: [{ name: gone === 'A' ? 'B' : 'A', weight: 1 }, C] }),
      ).rejects.toThrow('CONFLICT')
  })
})

describe('getVariant after a sign-in merge', () => {
  it('calls no participant object when the merged variant equals the bucket of the user', async () => {
    const key = await anExperiment()
    const { namespace, control } = lyingParticipants(env.PARTICIPANT)
    const at = isolate({ PARTICIPANT: namespace })
    const anonymousId = await userWith(key, 'A')
    await assign(key, anonymousId)
    const userId = await userWith(key, 'A', {}, 'user')
    const before = await recorded()
    const { version } = await identify(anonymousId, userId)
    expect(await recorded()).toEqual(before)
    expect(await getVariant(key, userId, { at, minVersion: version })).toEqual({ variant: 'A' })
    expect(control.calls).toEqual([])
  })

  it('calls the participant object when a variant differs from its bucket, except for anonymous contexts', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    const before = await recorded()
    const { version } = await identify(anonymousId, userId)
    expect(await recorded()).toEqual({
      snapshotVersion: (before?.snapshotVersion ?? 0) + 1,
      audits: before?.audits,
    })
    const { namespace, control } = lyingParticipants(env.PARTICIPANT)
    const at = isolate({ PARTICIPANT: namespace })
    expect(await getVariant(key, userId, { at, minVersion: version })).toEqual({ variant: 'A' })
    expect(control.calls).toEqual(['readVariants'])
    const body = { context: { userId: 'a-visitor', anonymous: true } }
    await sendWith(at, 'POST', `/v1/experiments/${key}/variant`, { as: CLIENT, body })
    expect(control.calls).toEqual(['readVariants'])
  })
})

describe('POST /v1/identify', () => {
  it.each([
    ['two equal ids', 'same', 'same'],
    ['two ids that differ in a lone surrogate', 'x\ud800', 'x\ufffd'],
    ['a blank anonymous id', ' ', 'u'],
    ['a blank user id', 'a', ''],
    ['no user id', 'a', undefined],
    ['a list for an id', ['a'], 'u'],
    ['an id of 257 characters', 'a', 'u'.repeat(257)],
  ])('returns 400 for %s', async (_, anonymousId, userId) => {
    expect((await attempt(anonymousId, userId)).status).toBe(400)
  })

  it('returns 409 when the anonymous id belongs to another user', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await identify(anonymousId, `${key}-first`)
    expect(await attempt(anonymousId, userId)).toMatchObject({
      status: 409,
      errorCode: 'CONFLICT',
      errorDetails: expect.stringContaining('another user'),
    })
    expect(await assign(key, userId)).toEqual({ variant: 'B', isNew: true })
  })

  it('returns 200 to one and 409 to the other of two users at once', async () => {
    const key = await anExperiment()
    const { anonymousId } = await aPair(key)
    const answers = await Promise.all(
      ['left', 'right'].map(async (side) => {
        const body = { anonymousId, userId: `${key}-${side}` }
        return (await send('POST', '/v1/identify', { as: CLIENT, body })).status
      }),
    )
    expect(new Set(answers)).toEqual(new Set([200, 409]))
  })

  it.each([
    ['no key', undefined],
    ['an admin token', ADMIN],
  ])('returns 401 for %s instead of an evaluation key', async (_, as) => {
    const body = { anonymousId: 'keyless', userId: 'keyless-user' }
    expect((await problem(send('POST', '/v1/identify', { as, body }))).status).toBe(401)
  })

  it('returns 409 when a user id is used as an anonymous id, or the reverse', async () => {
    await identify('chain-1', 'chain-2')
    expect((await attempt('chain-2', 'chain-3')).status).toBe(409)
    expect((await attempt('chain-0', 'chain-1')).status).toBe(409)
    expect((await attempt('chain-2', 'chain-1')).status).toBe(409)
  })
})

describe('Erasure after a sign-in merge', () => {
  it('removes the rows of both ids and the unsent rows of the anonymous id', async () => {
    const key = await anExperiment()
    const before = await rows('SELECT * FROM experiment_rollup')
    const { anonymousId, userId } = await aPair(key)
    await identify(anonymousId, userId)
    await track([{ id: 'late', type: 'event.viewed', userId: anonymousId }])
    const { removed } = await json<{ removed: object }>(
      send('DELETE', `/api/users/${userId}`, { as: ADMIN }),
    )
    expect(removed).toEqual({ assignments: 1, exposures: 1, events: 1, links: 1 })
    for (const table of ['experiment_assignment', 'experiment_exposure', 'event'])
      expect(
        await rows(`SELECT * FROM ${table} WHERE user_id IN (?, ?)`, anonymousId, userId),
      ).toEqual([])
    expect(await rows('SELECT * FROM experiment_rollup')).toEqual(before)
    await identify(anonymousId, 'somebody-new')
  })

  it('leaves the roll-ups unchanged for a person in conflict', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await assign(key, userId)
    // Other users have the same variants in the same hour. A wrong subtraction would lower their counts.
    for (const variant of ['A', 'B']) {
      const other = await userWith(key, variant, {}, 'other')
      await assign(key, other)
      await drain(other)
    }
    await identify(anonymousId, userId)
    pass(1_000)
    await drain(userId)
    await drain(anonymousId)
    const before = await rows('SELECT * FROM experiment_rollup')
    await send('DELETE', `/api/users/${userId}`, { as: ADMIN })
    expect(await rows('SELECT * FROM experiment_rollup')).toEqual(before)
  })
})
