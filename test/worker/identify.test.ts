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

/** An experiment of its own for a test. */
const anExperiment = async () => {
  const key = `signing-in-${made.count++}`
  await runExperiment(key)
  return key
}

/** A visitor whose bucket says A and who has it, and a user whose bucket says B. */
const aPair = async (key: string) => {
  const [anonymousId, userId] = [await userWith(key, 'A'), await userWith(key, 'B')]
  expect(await assign(key, anonymousId)).toEqual({ variant: 'A', isNew: true })
  return { anonymousId, userId }
}

const refused = (anonymousId: unknown, userId: unknown) =>
  problem(send('POST', '/v1/identify', { as: CLIENT, body: { anonymousId, userId } }))

describe('who signs in goes on with the variant they had as nobody', () => {
  it('by every way of asking, whatever the bucket of the user id says', async () => {
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

  it('for every experiment they had a variant of, by an exposure as well, and none besides', async () => {
    const [one, two, other] = [await anExperiment(), await anExperiment(), await anExperiment()]
    const anonymousId = await userWith(one, 'A')
    const { variant } = await getVariant(two, anonymousId)
    await assign(one, anonymousId)
    await expose([{ id: '1', experimentKey: two, userId: anonymousId, variant: variant ?? '' }])
    const { variants } = await identify(anonymousId, 'goes-on-1')
    expect(variants).toEqual({ [one]: 'A', [two]: variant })
    expect(await assign(other, 'goes-on-1')).toMatchObject({ isNew: true })
  })

  it('for ever: not when weights change, nor when the variants of others do', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await identify(anonymousId, userId)
    await reweight(key, weighted(0, 1))
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
    expect(await getVariant(key, anonymousId)).toEqual({ variant: 'A' })
  })

  it('when the weights had changed before', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await reweight(key, weighted(0, 1))
    const before = await recorded()
    await identify(anonymousId, userId)
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
    expect(await recorded()).toEqual(before)
  })

  it('and asking again says the same, and changes nothing', async () => {
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

  it('many times at once, too, while they are assigned', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    const identifications = Array.from({ length: 30 }, () => identify(anonymousId, userId))
    const assignments = Array.from({ length: 10 }, () => assign(key, userId))
    const { variant } = await assign(key, userId)
    const told = { variants: { [key]: variant }, conflicts: variant === 'A' ? [] : [key] }
    for (const answer of await Promise.all(identifications)) expect(answer).toMatchObject(told)
    for (const answer of await Promise.all(assignments)) expect(answer.variant).toBe(variant)
  })

  it('after D1 was set back to before anybody had inherited, from the next sign-in on', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await identify(anonymousId, userId)
    await env.DB.exec('DELETE FROM experiment_inheritance')
    const { snapshotVersion: minVersion } = await putFlag('set.back', { rollout: made.count })
    expect(await getVariant(key, userId, { minVersion })).toEqual({ variant: 'B' })
    await identify(anonymousId, userId)
    expect(await getVariant(key, userId)).toEqual({ variant: 'A' })
  })

  it('from several devices: the first wins', async () => {
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

describe('when the user had another variant', () => {
  it('nobody moves, and both are told so', async () => {
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

  it('neither variant can be removed from the experiment', async () => {
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

describe('what it costs others', () => {
  it('no object is asked before somebody inherits another variant than their bucket says', async () => {
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

  it('from then on users cost a call, and who says of itself that it is anonymous does not', async () => {
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

describe('what makes no sense is refused, and changes nothing', () => {
  it.each([
    ['the same id twice', 'same', 'same'],
    ['the same id but for half a character', 'x\ud800', 'x\ufffd'],
    ['a blank anonymous id', ' ', 'u'],
    ['a blank user id', 'a', ''],
    ['no user id', 'a', undefined],
    ['a number', 1, 'u'],
    ['an id too long', 'a', 'u'.repeat(257)],
  ])('%s: 400', async (_, anonymousId, userId) => {
    expect((await refused(anonymousId, userId)).status).toBe(400)
  })

  it('an anonymous id of another user: the first wins', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await identify(anonymousId, `${key}-first`)
    expect(await refused(anonymousId, userId)).toMatchObject({
      status: 409,
      errorCode: 'CONFLICT',
      errorDetails: expect.stringContaining('another user'),
    })
    expect(await assign(key, userId)).toEqual({ variant: 'B', isNew: true })
  })

  it('of two users at once one is refused, and has nothing of it', async () => {
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
    ['nobody', undefined],
    ['an admin token', ADMIN],
  ])('%s, who has no evaluation key: 401', async (_, as) => {
    const body = { anonymousId: 'keyless', userId: 'keyless-user' }
    expect((await problem(send('POST', '/v1/identify', { as, body }))).status).toBe(401)
  })

  it('chains: a user is nobody’s anonymous id, and the other way round', async () => {
    await identify('chain-1', 'chain-2')
    expect((await refused('chain-2', 'chain-3')).status).toBe(409)
    expect((await refused('chain-0', 'chain-1')).status).toBe(409)
    expect((await refused('chain-2', 'chain-1')).status).toBe(409)
  })
})

describe('one person with two ids is removed as one', () => {
  it('with the anonymous object, and what it had not sent', async () => {
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

  it('in conflict, without taking off what was never counted', async () => {
    const key = await anExperiment()
    const { anonymousId, userId } = await aPair(key)
    await assign(key, userId)
    // Others with the same variants in the same hour, from whose counts it could be taken.
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
