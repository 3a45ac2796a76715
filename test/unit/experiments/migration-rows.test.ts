import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import '../../support/property-seed.ts'

/*
 * The migration `fewer_rows` on a database that the code of commit 5a62017 left (test/vectors/database-5a62017.mjs),
 * beside the same database without it.
 */

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const { entries } = JSON.parse(read('schema/migrations/meta/_journal.json')) as {
  entries: { tag: string }[]
}
const tags = entries.map(({ tag }) => tag)
const since = tags.indexOf('0008_phases')
const migration = tags.findIndex((tag) => tag.endsWith('_fewer_rows'))

const all = (db: DatabaseSync, sql: string) =>
  db
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }))
const migrate = (db: DatabaseSync, migrations: readonly string[]) => {
  for (const tag of migrations)
    for (const statement of read(`schema/migrations/${tag}.sql`).split('--> statement-breakpoint'))
      db.exec(statement)
}
const openBefore = () => {
  const db = new DatabaseSync(':memory:')
  db.exec(read('test/vectors/database-5a62017.sql'))
  migrate(db, tags.slice(since, migration))
  return db
}
const openAfter = () => {
  const db = openBefore()
  migrate(db, tags.slice(migration, migration + 1))
  return db
}

const COUNTS = 'assignments, exposures, exposed_users, conversions, clicks'
/** All that results and downloads are made of. `exposures` is that of an assignment as a download shows it. */
const readState = (db: DatabaseSync, exposures: string) => ({
  rollups: all(
    db,
    `SELECT * FROM experiment_rollup WHERE max(${COUNTS}) > 0 ORDER BY experiment_key, quarter, phase, variant`,
  ),
  assignments: all(
    db,
    `SELECT *, ${exposures} AS exposures FROM experiment_assignment AS own ORDER BY experiment_key, user_id`,
  ),
  exposures: all(db, 'SELECT * FROM experiment_exposure ORDER BY user_id, experiment_key, id'),
  events: all(db, 'SELECT * FROM event ORDER BY user_id, id'),
  variants: all(db, 'SELECT * FROM assigned_variant ORDER BY experiment_key, variant'),
})
const readBefore = (db: DatabaseSync) => readState(db, 'exposures')
const readAfter = (db: DatabaseSync) =>
  readState(
    db,
    `exposures + (SELECT count(*) FROM experiment_exposure AS raw
      WHERE raw.user_id = own.user_id AND raw.experiment_key = own.experiment_key)`,
  )

const listSchema = (db: DatabaseSync) =>
  all(
    db,
    "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
  )

describe('Migration fewer_rows', () => {
  it('changes no count, row or assigned variant, also of users whose raw rows are deleted', () => {
    const before = readBefore(openBefore())
    expect(before.assignments.length).toBeGreaterThan(50)
    expect(readAfter(openAfter())).toEqual(before)
  })

  it('leaves the same tables, indexes, triggers and views', () => {
    expect(listSchema(openAfter())).toEqual(listSchema(openBefore()))
  })
})

type Write = { readonly sql: string; readonly values: readonly (string | number | null)[] }

const users = all(
  openBefore(),
  'SELECT user_id, experiment_key, variant, first_exposed_at FROM experiment_assignment',
)
  .filter(({ first_exposed_at }) => first_exposed_at !== null)
  .map(({ user_id, experiment_key, variant, first_exposed_at }) => ({
    user: String(user_id),
    experiment: String(experiment_key),
    variant: String(variant),
    first: Number(first_exposed_at),
  }))
const WEEK = 604_800_000
const anOffset = fc
  .tuple(fc.constantFrom(-WEEK, -900_000, 0, 900_000, WEEK), fc.integer({ min: -2, max: 2 }))
  .map(([base, offset]) => base + offset)
const aUser = fc.oneof(
  fc.constantFrom(...users),
  fc.constantFrom(...users).map((known) => ({ ...known, user: 'new', variant: 'A' })),
)

/** Raw rows around the first exposure of a user, conflicts and lists: everything that a trigger answers. */
const aWrite: fc.Arbitrary<Write> = fc
  .record({
    kind: fc.constantFrom(
      'exposure',
      'exposure',
      'booking.confirmed',
      'event.viewed',
      'assignment',
      'conflict',
      'exclude',
      'include',
    ),
    of: aUser,
    offset: anOffset,
    id: fc.nat(30),
  })
  .map(({ kind, of: { user, experiment, variant, first }, offset, id }) => {
    const at = first + offset
    switch (kind) {
      case 'exposure':
        return {
          sql: `INSERT INTO experiment_exposure (user_id, id, experiment_key, variant, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
          values: [user, `new-${id}`, experiment, variant, at],
        }
      case 'assignment':
        return {
          sql: `INSERT INTO experiment_assignment (experiment_key, user_id, variant, assigned_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
          values: [experiment, user, variant, at],
        }
      case 'conflict':
        return {
          sql: `UPDATE experiment_assignment SET conflict = 'Z' WHERE experiment_key = ? AND user_id = ? AND conflict IS NULL`,
          values: [experiment, user],
        }
      case 'exclude':
        return {
          sql: `INSERT INTO experiment_exclusion (experiment_key, user_id, reason, is_kept) VALUES (?, ?, 'list', 0) ON CONFLICT DO NOTHING`,
          values: [experiment, user],
        }
      case 'include':
        return {
          sql: 'DELETE FROM experiment_exclusion WHERE experiment_key = ? AND user_id = ?',
          values: [experiment, user],
        }
      case 'booking.confirmed':
      case 'event.viewed':
        return {
          sql: `INSERT INTO event (user_id, id, type, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
          values: [user, `${kind}-${id}`, kind, at],
        }
    }
  })

describe('Triggers of the migration fewer_rows', () => {
  it('count the same as those before, for any writes in any order', () => {
    const [before, after] = [openBefore(), openAfter()]
    fc.assert(
      fc.property(fc.array(aWrite, { minLength: 20, maxLength: 120 }), (writes) => {
        for (const db of [before, after]) db.exec('SAVEPOINT fresh')
        for (const { sql, values } of writes)
          for (const db of [before, after]) db.prepare(sql).run(...values)
        const [expected, found] = [readBefore(before), readAfter(after)]
        for (const db of [before, after]) db.exec('ROLLBACK TO fresh; RELEASE fresh')
        expect(found).toEqual(expected)
      }),
      { numRuns: 30 },
    )
  })
})
