import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'

/* Migration 0010 on a database that the code of commit 5a62017 left (test/vectors/database-5a62017.mjs). */

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const COUNTS = ['assignments', 'exposures', 'exposed_users', 'conversions', 'clicks'] as const

let db = new DatabaseSync(':memory:')
const all = (sql: string) =>
  db
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }))
const migrate = (name: string) => {
  for (const statement of read(`schema/migrations/${name}.sql`).split('--> statement-breakpoint'))
    db.exec(statement)
}

const readRollups = () =>
  all(`SELECT * FROM experiment_rollup WHERE max(${COUNTS.join(', ')}) > 0 ORDER BY 1, 2, 3, 4`)
const readAssigned = () => all('SELECT * FROM assigned_variant ORDER BY experiment_key, variant')
const setLists = (testers: object[] | null, leftOut: string[] | null) =>
  db
    .prepare(`UPDATE experiment SET testers = ?, left_out = ? WHERE key = 'reweighted'`)
    .run(testers && JSON.stringify(testers), leftOut && JSON.stringify({ userIds: leftOut }))

/** Users who have counts, of raw rows that retention has kept or not. */
const listUsers = (where = 'true') =>
  all(`SELECT user_id FROM experiment_assignment
    WHERE experiment_key = 'reweighted' AND conflict IS NULL AND ${where} ORDER BY user_id`).map(
    ({ user_id }) => String(user_id),
  )

const sumOf = (experimentKey: string) =>
  all(`SELECT ${COUNTS.map((name) => `sum(${name}) AS ${name}`).join(', ')}
    FROM experiment_rollup WHERE experiment_key = '${experimentKey}'`)[0]

const countConversions = () => Number(sumOf('reweighted')?.['conversions'])

beforeEach(() => {
  db = new DatabaseSync(':memory:')
  db.exec(read('test/vectors/database-5a62017.sql'))
  migrate('0008_phases')
  migrate('0009_lifetime')
})

describe('Migration 0010', () => {
  it('changes no count and no assigned variant', () => {
    const before = [readRollups(), readAssigned()]
    migrate('0010_people')
    expect([readRollups(), readAssigned()]).toEqual(before)
    expect(all('SELECT * FROM experiment_exclusion')).toEqual([])
  })

  it('lets a list take users off and put them back, each count as it was', () => {
    migrate('0010_people')
    const before = readRollups()
    const users = listUsers()
    expect(users.length).toBeGreaterThan(15)
    setLists(null, users)
    expect(sumOf('reweighted')).toMatchObject({
      assignments: 0,
      exposed_users: 0,
      conversions: 0,
      clicks: 0,
    })
    setLists(null, [])
    expect(readRollups()).toEqual(before)
  })

  it('takes off no count twice when a user of the list becomes a tester', () => {
    migrate('0010_people')
    const [user = ''] = listUsers('converted = 1')
    setLists(null, [user])
    const without = readRollups()
    setLists([{ userId: user, variant: 'A' }], null)
    expect(readRollups()).toEqual(without)
    setLists(null, null)
    expect(readRollups()).toEqual(without)
    expect(all('SELECT * FROM experiment_exclusion')).toEqual([
      { experiment_key: 'reweighted', user_id: user, reason: 'tester', is_kept: 1 },
    ])
  })

  it('goes on counting the other users, and not the excluded one', () => {
    migrate('0010_people')
    const [excluded = '', other = ''] = listUsers('first_exposed_at IS NOT NULL AND converted = 0')
    setLists([{ userId: excluded, variant: 'A' }], null)
    const before = countConversions()
    for (const user of [excluded, other])
      db.prepare(`INSERT INTO event VALUES (?, 'new', 'booking.confirmed', (
        SELECT first_exposed_at + 1 FROM experiment_assignment
        WHERE experiment_key = 'reweighted' AND user_id = ?), 0)`).run(user, user)
    expect(countConversions()).toBe(before + 1)
  })

  it('names the variant of an excluded user as assigned', () => {
    migrate('0010_people')
    const before = readAssigned()
    setLists(null, listUsers())
    expect(readAssigned()).toEqual(before)
  })
})

const readSince = () => all('SELECT user_id, reason, at FROM experiment_exclusion ORDER BY user_id')

const setAt = (at: number, testers: string[] | null, leftOut: string[] | null) => {
  db.prepare(`UPDATE experiment SET updated_at = ? WHERE key = 'reweighted'`).run(at)
  setLists(testers && testers.map((userId) => ({ userId, variant: 'A' })), leftOut)
}

describe('Migration left_out_since', () => {
  beforeEach(() => migrate('0010_people'))

  it('gives the users of the lists the time of the last edit, and changes no count', () => {
    setAt(7_000, null, listUsers())
    const before = readRollups()
    migrate('0013_left_out_since')
    expect(new Set(readSince().map(({ at }) => at))).toEqual(new Set([7_000]))
    expect(readRollups()).toEqual(before)
  })

  it('keeps the first time of a user who stays in a list or moves to the other', () => {
    migrate('0013_left_out_since')
    setAt(1_000, ['t'], ['a', 'b'])
    setAt(2_000, ['t', 'a'], ['b', 'c'])
    expect(readSince()).toEqual([
      { user_id: 'a', reason: 'tester', at: 1_000 },
      { user_id: 'b', reason: 'list', at: 1_000 },
      { user_id: 'c', reason: 'list', at: 2_000 },
      { user_id: 't', reason: 'tester', at: 1_000 },
    ])
  })

  it('gives a new time to a user who left the list and came back', () => {
    migrate('0013_left_out_since')
    setAt(1_000, null, ['a'])
    setAt(2_000, null, [])
    setAt(3_000, null, ['a'])
    expect(readSince()).toEqual([{ user_id: 'a', reason: 'list', at: 3_000 }])
  })
})
