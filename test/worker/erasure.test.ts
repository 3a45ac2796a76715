import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Erased } from '../../schema/erasure.ts'
import { hashUserId } from '../../worker/objects/participant/hash-user-id.ts'
import {
  ADMIN,
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
  alarmOf,
  assign,
  drain,
  expose,
  identify,
  isolate,
  participant,
  pass,
  rows,
  runExperiment,
  stopClock,
  track,
  userWith,
} from '../support/experiments.ts'
import { lyingD1, withParticipantBindings } from '../support/faults.ts'

const logged: unknown[][] = []

beforeAll(async () => {
  await seedKeys()
  await runExperiment('one')
  await runExperiment('two')
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const erase = (userId: string) =>
  json<Erased>(send('DELETE', `/api/users/${encodeURIComponent(userId)}`, { as: ADMIN }))

const HOUR = 3_600_000

/** Someone who takes part in both experiments, over some hours: seen, clicked, booked. */
const live = async (userId: string) => {
  const { variant } = await assign('one', userId)
  await assign('two', userId)
  const seen = { experimentKey: 'one', userId, variant: variant ?? '' }
  pass(HOUR)
  await expose([{ id: 'again', ...seen }])
  pass(HOUR)
  await track([
    { id: 'v1', type: 'event.viewed', userId },
    { id: 'v2', type: 'event.viewed', userId },
    { id: 'b1', type: 'booking.confirmed', userId },
    { id: 'x1', type: 'other', userId },
  ])
}

const rollups = () => rows('SELECT * FROM experiment_rollup ORDER BY experiment_key, hour, variant')
const ofUser = async (userId: string) =>
  Promise.all(
    ['experiment_assignment', 'experiment_exposure', 'event'].map((table) =>
      rows(`SELECT * FROM ${table} WHERE user_id = ?`, userId),
    ),
  )

it('removes everything of a person, and nothing of anybody else', async () => {
  await live('stays')
  await drain('stays')
  const others = [await rollups(), await ofUser('stays')]
  await live('goes')
  await drain('goes')
  expect(await rollups()).not.toEqual(others[0])

  expect(await erase('goes')).toEqual({
    removed: { assignments: 2, exposures: 3, events: 4, links: 0 },
    stillListedIn: [],
  })
  expect(await ofUser('goes')).toEqual([[], [], []])
  expect([await rollups(), await ofUser('stays')]).toEqual(others)
})

it('removes what D1 has not got yet: acknowledged, and still in the object', async () => {
  const before = await rollups()
  await live('undrained')
  expect((await erase('undrained')).removed).toEqual({
    assignments: 2,
    exposures: 3,
    events: 4,
    links: 0,
  })
  expect(await rollups()).toEqual(before)
  expect(await alarmOf('undrained')).toBeNull()
  expect(await drain('undrained')).toBe(false)
})

it('leaves nothing in the object, not a table', async () => {
  await live('empty')
  await erase('empty')
  const tables = await runInDurableObject(participant('empty'), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '_cf_%'").toArray(),
  )
  expect(tables).toEqual([])
})

it('who comes back is a new person, counted once, with late events and all', async () => {
  const userId = await userWith('one', 'A')
  await live(userId)
  await erase(userId)
  const before = await rollups()
  await track([{ id: 'late', type: 'booking.confirmed', userId, ts: Date.now() - HOUR }])
  await drain(userId)
  expect(await rollups()).toEqual(before)
  expect(await assign('one', userId)).toEqual({ variant: 'A', isNew: true })
  expect(await expose([{ id: 'new', experimentKey: 'one', userId, variant: 'A' }])).toEqual(
    accepted(1),
  )
  await drain(userId)
  await erase(userId)
  expect(await rollups()).toEqual(before)
})

it('asking again removes nothing more, and says so', async () => {
  await live('twice')
  await erase('twice')
  const before = await recorded()
  expect((await erase('twice')).removed).toEqual({
    assignments: 0,
    exposures: 0,
    events: 0,
    links: 0,
  })
  expect((await erase('never-was')).removed).toEqual({
    assignments: 0,
    exposures: 0,
    events: 0,
    links: 0,
  })
  expect(await recorded()).toEqual(before)
})

it('is audited under a hash, once, with the counts and the reason', async () => {
  await live('audited@example.test')
  const body = { userId: 'audited@example.test', comment: 'ticket 7' }
  await send('DELETE', '/api/users', { as: ADMIN, body })
  const audits = await rows("SELECT * FROM admin_action WHERE action = 'user.delete'")
  expect(audits.at(-1)).toMatchObject({
    actor: 'local admin',
    target: expect.stringMatching(/^user:[0-9a-f]{64}$/),
    before: null,
    after: JSON.stringify({ assignments: 2, exposures: 3, events: 4, links: 0 }),
    comment: 'ticket 7',
  })
  expect(JSON.stringify(await rows('SELECT * FROM admin_action'))).not.toContain('audited@')
  const listed = await json<{ items: object[] }>(send('GET', '/api/audit', { as: ADMIN }))
  expect(listed.items[0]).toMatchObject({ action: 'user.delete', comment: 'ticket 7' })
})

const auditedFor = (userId: string) =>
  rows('SELECT actor, "after" FROM admin_action WHERE target = ?', `user:${hashUserId(userId)}`)

describe('who only signed in, and never took part', () => {
  const tie = { assignments: 0, exposures: 0, events: 0, links: 1 }
  const row = { actor: 'local admin', after: JSON.stringify(tie) }

  it('leaves one row in the audit, of the user, who is removed with the anonymous id', async () => {
    await identify('only-visited', 'only-signed-in')
    expect((await erase('only-signed-in')).removed).toEqual(tie)
    expect((await erase('only-signed-in')).removed).toEqual({ ...tie, links: 0 })
    expect((await erase('only-visited')).removed).toEqual({ ...tie, links: 0 })
    expect(await auditedFor('only-signed-in')).toEqual([row])
    expect(await auditedFor('only-visited')).toEqual([])
    const { variants } = await identify('only-visited', 'somebody-else')
    expect(variants).toEqual({})
  })

  it('leaves one of the anonymous id when that alone is removed', async () => {
    await identify('visited-alone', 'stays-signed-in')
    expect((await erase('visited-alone')).removed).toEqual(tie)
    expect(await auditedFor('visited-alone')).toEqual([row])
    expect(await auditedFor('stays-signed-in')).toEqual([])
  })

  it('leaves one for all anonymous ids, however many ask at once', async () => {
    for (const phone of ['phone-1', 'phone-2', 'phone-3']) await identify(phone, 'has-phones')
    await Promise.all([erase('has-phones'), erase('has-phones')])
    expect(await auditedFor('has-phones')).toEqual([
      { ...row, after: JSON.stringify({ ...tie, links: 3 }) },
    ])
  })
})

it('names the flags whose lists still have the id', async () => {
  await putFlag('lists.allow', { rules: { allowList: ['u-1', 'listed'] } })
  await putFlag('lists.deny', { rules: { denyList: ['listed'] } })
  await putFlag('lists.other', { rules: { roles: ['listed'], allowList: ['listed2'] } })
  await env.DB.prepare(
    "INSERT INTO feature_flag VALUES ('lists.broken', NULL, 1, 100, '{', 0, 1, 0, 0)",
  ).run()
  expect((await erase('listed')).stillListedIn).toEqual(['lists.allow', 'lists.deny'])
})

it.each(['a/b?c#d', '100%', 'ünï 🎟️', '../../x', "'; DROP TABLE event; --", '%2F'])(
  'finds the id %s, whatever is in it',
  async (userId) => {
    await assign('one', userId)
    await drain(userId)
    expect((await erase(userId)).removed).toEqual({
      assignments: 1,
      exposures: 1,
      events: 0,
      links: 0,
    })
  },
)

it('takes ids that no address can hold in the body', async () => {
  for (const userId of ['..', '.']) {
    await assign('one', userId)
    const answer = await json<Erased>(send('DELETE', '/api/users', { as: ADMIN, body: { userId } }))
    expect(answer.removed).toEqual({ assignments: 1, exposures: 1, events: 0, links: 0 })
  }
})

it.each([
  ['nothing', undefined],
  ['a blank id', { userId: ' ' }],
  ['a list', { userId: ['u'] }],
  ['something else besides', { userId: 'u', all: true }],
])('%s in the body is refused', async (_, body) => {
  expect((await problem(send('DELETE', '/api/users', { as: ADMIN, body }))).status).toBe(400)
})

it.each(['down', 'commits silently'] as const)(
  'with D1 that is %s it says 503, and goes on when asked again',
  async (mode) => {
    const userId = `unlucky ${mode}`
    const before = await rollups()
    await live(userId)
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = mode
    const refusal = await problem(
      send('DELETE', `/api/users/${encodeURIComponent(userId)}`, { as: ADMIN }),
    )
    expect(refusal).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
    control.mode = 'honest'
    await erase(userId)
    expect(await ofUser(userId)).toEqual([[], [], []])
    expect(await rollups()).toEqual(before)
  },
)

it('rows that are sent while it goes on are removed with the rest, or count as new: never half', async () => {
  const userId = await userWith('one', 'B')
  await live(userId)
  const before = await rollups()
  await Promise.all([
    erase(userId),
    ...Array.from({ length: 20 }, (_, index) =>
      expose([{ id: `during-${index}`, experimentKey: 'one', userId, variant: 'B' }]),
    ),
    erase(userId),
  ])
  await drain(userId)
  await erase(userId)
  expect(await ofUser(userId)).toEqual([[], [], []])
  expect(await rollups()).toEqual(before)
  expect(JSON.stringify(logged)).not.toContain(userId)
})

type Stub = Record<string, (...args: readonly unknown[]) => Promise<unknown>>

/** An isolate whose calls of one method of users' objects go through `instead`. */
const withMethod = (
  method: string,
  instead: (call: () => Promise<unknown>, name: string) => Promise<unknown>,
) => {
  const getByName = (name: string) => {
    const stub = env.PARTICIPANT.getByName(name) as unknown as Stub
    return new Proxy(stub, {
      get: (_, called: string) =>
        called === method
          ? (...args: unknown[]) => instead(async () => stub[called]?.(...args), name)
          : (...args: unknown[]) => stub[called]?.(...args),
    })
  }
  return isolate({ PARTICIPANT: { getByName } as unknown as typeof env.PARTICIPANT })
}

it.each([
  ['for the first time', 0],
  ['once more', 1],
])('who signs in %s while they are removed is removed by asking again', async (when, times) => {
  const [userId, anonymousId] = [`signs-in ${when}`, `visitor ${when}`]
  for (let i = 0; i < times; i++) await identify(anonymousId, userId)
  await live(anonymousId)
  const at = withMethod('erase', async (call) => {
    await identify(anonymousId, userId)
    return call()
  })
  const path = `/api/users/${encodeURIComponent(userId)}`
  expect((await problem(sendWith(at, 'DELETE', path, { as: ADMIN }))).status).toBe(503)
  await erase(userId)
  await identify(anonymousId, 'somebody-new')
  await drain(anonymousId)
  expect(await ofUser(userId)).toEqual([[], [], []])
  expect(await ofUser(anonymousId)).toEqual([[], [], []])
})

it('one with more ties than a request can follow is removed bit by bit, and nothing of them twice', async () => {
  const userId = 'has-many-ties'
  const anonymousIds = Array.from({ length: 45 }, (_, index) => `tie-${index}`)
  for (const anonymousId of anonymousIds) await identify(anonymousId, userId)
  const removed: string[] = []
  const most = { calls: 0 }
  const at = withMethod('eraseIfOwnedBy', async (call, name) => {
    if (removed.length >= most.calls) return undefined
    removed.push(name)
    return call()
  })
  const ask = () => sendWith(at, 'DELETE', `/api/users/${userId}`, { as: ADMIN })
  for (most.calls of [20, 40]) expect((await ask()).status).toBe(503)
  most.calls = 45
  expect((await json<Erased>(ask())).removed).toMatchObject({ links: 45 })
  expect(removed.toSorted()).toEqual(anonymousIds.map(hashUserId).toSorted())
})
