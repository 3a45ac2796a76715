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
  readAlarm,
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

/** Gives a user assignments in both experiments, exposures, clicks and a booking over some hours. */
const makeHistory = async (userId: string) => {
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

const rollups = () =>
  rows('SELECT * FROM experiment_rollup ORDER BY experiment_key, quarter, variant')
const listRows = async (userId: string) =>
  Promise.all(
    ['experiment_assignment', 'experiment_exposure', 'event'].map((table) =>
      rows(`SELECT * FROM ${table} WHERE user_id = ?`, userId),
    ),
  )

it('Erasure: removes all rows of one user and keeps the rows and counts of others', async () => {
  await makeHistory('stays')
  await drain('stays')
  const others = [await rollups(), await listRows('stays')]
  await makeHistory('goes')
  await drain('goes')
  expect(await rollups()).not.toEqual(others[0])

  expect(await erase('goes')).toEqual({
    removed: { assignments: 2, exposures: 3, events: 4, links: 0 },
    stillListedIn: [],
  })
  expect(await listRows('goes')).toEqual([[], [], []])
  expect([await rollups(), await listRows('stays')]).toEqual(others)
})

it('Erasure: removes acknowledged rows that are still in the outbox', async () => {
  const before = await rollups()
  await makeHistory('undrained')
  expect((await erase('undrained')).removed).toEqual({
    assignments: 2,
    exposures: 3,
    events: 4,
    links: 0,
  })
  expect(await rollups()).toEqual(before)
  expect(await readAlarm('undrained')).toBeNull()
  expect(await drain('undrained')).toBe(false)
})

it('Erasure: leaves no table in the participant object', async () => {
  await makeHistory('empty')
  await erase('empty')
  const tables = await runInDurableObject(participant('empty'), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '_cf_%'").toArray(),
  )
  expect(tables).toEqual([])
})

it('Erasure: a user who returns is assigned as new and counted once', async () => {
  const userId = await userWith('one', 'A')
  await makeHistory(userId)
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

it('Erasure: a repeated request removes nothing, and is not audited', async () => {
  await makeHistory('twice')
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

it('Erasure: is audited under a hash of the user id, with counts and comment', async () => {
  await makeHistory('audited@example.test')
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

const listAudits = (userId: string) =>
  rows('SELECT actor, "after" FROM admin_action WHERE target = ?', `user:${hashUserId(userId)}`)

describe('Erasure of a user with sign-in merges only', () => {
  const oneLink = { assignments: 0, exposures: 0, events: 0, links: 1 }
  const row = { actor: 'local admin', after: JSON.stringify(oneLink) }

  it('adds one audit entry, for the user, and also removes the anonymous id', async () => {
    await identify('only-visited', 'only-signed-in')
    expect((await erase('only-signed-in')).removed).toEqual(oneLink)
    expect((await erase('only-signed-in')).removed).toEqual({ ...oneLink, links: 0 })
    expect((await erase('only-visited')).removed).toEqual({ ...oneLink, links: 0 })
    expect(await listAudits('only-signed-in')).toEqual([row])
    expect(await listAudits('only-visited')).toEqual([])
    const { variants } = await identify('only-visited', 'somebody-else')
    expect(variants).toEqual({})
  })

  it('adds one audit entry for the anonymous id when only that id is removed', async () => {
    await identify('visited-alone', 'stays-signed-in')
    expect((await erase('visited-alone')).removed).toEqual(oneLink)
    expect(await listAudits('visited-alone')).toEqual([row])
    expect(await listAudits('stays-signed-in')).toEqual([])
  })

  it('adds one audit entry for three anonymous ids when two requests run at once', async () => {
    for (const phone of ['phone-1', 'phone-2', 'phone-3']) await identify(phone, 'has-phones')
    await Promise.all([erase('has-phones'), erase('has-phones')])
    expect(await listAudits('has-phones')).toEqual([
      { ...row, after: JSON.stringify({ ...oneLink, links: 3 }) },
    ])
  })
})

it('Erasure: names the flags whose allow or deny lists contain the user id', async () => {
  await putFlag('lists.allow', { rules: { allowList: ['u-1', 'listed'] } })
  await putFlag('lists.deny', { rules: { denyList: ['listed'] } })
  await putFlag('lists.other', { rules: { roles: ['listed'], allowList: ['listed2'] } })
  await env.DB.prepare(
    "INSERT INTO feature_flag VALUES ('lists.broken', NULL, 1, 100, '{', 0, 1, 0, 0, NULL)",
  ).run()
  expect((await erase('listed')).stillListedIn).toEqual(['lists.allow', 'lists.deny'])
})

it('Erasure: names the flags and segments whose conditions contain the user id', async () => {
  const when = [{ attribute: 'userId', operator: 'in', values: ['other', 'compared'] }]
  const other = [{ attribute: 'city', operator: 'in', values: ['compared'] }]
  await putFlag('compares.where', {
    rules: { where: [{ ...when[0], attribute: 'targetingKey', negate: true }] },
  })
  await putFlag('compares.target', { targets: [{ id: 'one', when, serve: 'on' }] })
  await putFlag('compares.city', { rules: { where: other } })
  const body = { conditions: when }
  await send('PUT', '/api/segments/compares.group', { as: ADMIN, body })
  expect((await erase('compared')).stillListedIn).toEqual([
    'compares.target',
    'compares.where',
    'segment:compares.group',
  ])
})

it.each(['a/b?c#d', '100%', 'ünï 🎟️', '../../x', "'; DROP TABLE event; --", '%2F'])(
  'Erasure: removes the rows of the user id %s',
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

it('DELETE /api/users: removes the user ids ".." and ".", which no path can hold', async () => {
  for (const userId of ['..', '.']) {
    await assign('one', userId)
    const answer = await json<Erased>(send('DELETE', '/api/users', { as: ADMIN, body: { userId } }))
    expect(answer.removed).toEqual({ assignments: 1, exposures: 1, events: 0, links: 0 })
  }
})

it.each([
  ['no content', undefined],
  ['a blank id', { userId: ' ' }],
  ['a list of ids', { userId: ['u'] }],
  ['an unknown member', { userId: 'u', all: true }],
])('DELETE /api/users: returns 400 for a body with %s', async (_, body) => {
  expect((await problem(send('DELETE', '/api/users', { as: ADMIN, body }))).status).toBe(400)
})

it.each([
  ['is down', 'down'],
  ['commits without an answer', 'commits silently'],
] as const)(
  'Erasure: returns 503 while D1 %s, and completes when it is repeated',
  async (_, mode) => {
    const userId = `unlucky ${mode}`
    const before = await rollups()
    await makeHistory(userId)
    const { d1, control } = lyingD1(env.DB)
    await withParticipantBindings(userId, { DB: d1 })
    control.mode = mode
    const refusal = await problem(
      send('DELETE', `/api/users/${encodeURIComponent(userId)}`, { as: ADMIN }),
    )
    expect(refusal).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
    control.mode = 'honest'
    await erase(userId)
    expect(await listRows(userId)).toEqual([[], [], []])
    expect(await rollups()).toEqual(before)
  },
)

it('Erasure: rows sent during two removals leave no row and no count after a third', async () => {
  const userId = await userWith('one', 'B')
  await makeHistory(userId)
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
  expect(await listRows(userId)).toEqual([[], [], []])
  expect(await rollups()).toEqual(before)
  expect(JSON.stringify(logged)).not.toContain(userId)
})

type Stub = Record<string, (...args: readonly unknown[]) => Promise<unknown>>

/** An isolate in which `instead` wraps the calls of one method of participant objects. */
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
  ['first', 0],
  ['repeated', 1],
])(
  'Erasure: returns 503 on a %s sign-in meanwhile, and removes both ids when repeated',
  async (when, times) => {
    const [userId, anonymousId] = [`signs-in ${when}`, `visitor ${when}`]
    for (let i = 0; i < times; i++) await identify(anonymousId, userId)
    await makeHistory(anonymousId)
    const at = withMethod('erase', async (call) => {
      await identify(anonymousId, userId)
      return call()
    })
    const path = `/api/users/${encodeURIComponent(userId)}`
    expect((await problem(sendWith(at, 'DELETE', path, { as: ADMIN }))).status).toBe(503)
    await erase(userId)
    await identify(anonymousId, 'somebody-new')
    await drain(anonymousId)
    expect(await listRows(userId)).toEqual([[], [], []])
    expect(await listRows(anonymousId)).toEqual([[], [], []])
  },
)

it('Erasure: removes 45 anonymous ids over several requests, each once', async () => {
  const userId = 'has-many-links'
  const anonymousIds = Array.from({ length: 45 }, (_, index) => `oneLink-${index}`)
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
