import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, it } from 'vitest'

/* Migration 0009 on the database of migration 0008 (test/vectors/database-5a62017.mjs). */

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const db = new DatabaseSync(':memory:')
const all = (sql: string) =>
  db
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }))
const apply = (name: string) => {
  for (const statement of read(`schema/migrations/${name}.sql`).split('--> statement-breakpoint'))
    db.exec(statement)
}

const TABLES = ['admin_action', 'event', 'experiment_assignment', 'experiment_rollup'] as const
const readTables = () => TABLES.map((table) => all(`SELECT * FROM ${table}`))
const before: { tables: unknown; experiments: object[] } = { tables: null, experiments: [] }

beforeAll(() => {
  db.exec(read('test/vectors/database-5a62017.sql'))
  apply('0008_phases')
  before.tables = readTables()
  before.experiments = all('SELECT * FROM experiment ORDER BY key')
  apply('0009_lifetime')
})

describe('Migration 0009', () => {
  it('keeps every experiment as it was, not archived and without note and decision', () => {
    expect(before.experiments.length).toBeGreaterThan(3)
    const added = { archived_at: null, decision: null, note: null }
    expect(all('SELECT * FROM experiment ORDER BY key')).toMatchObject(
      before.experiments.map((each) => ({ ...each, ...added })),
    )
    expect(readTables()).toEqual(before.tables)
  })

  it('makes the actor of the creation the owner, and leaves it open without an audit entry', () => {
    const owners = all('SELECT key, owner FROM experiment ORDER BY key')
    const created = all(
      `SELECT DISTINCT substr(target, 12) AS key FROM admin_action WHERE action = 'experiment.create'`,
    ).map(({ key }) => key)
    expect(owners.filter(({ owner }) => owner === null).map(({ key }) => key)).toEqual(
      owners.map(({ key }) => key).filter((key) => !created.includes(key)),
    )
    expect(owners).toContainEqual({ key: 'plain', owner: 'ada@example.com' })
  })

  it('lets an experiment be deleted with its history, and drops a new one of the same key', () => {
    db.exec(`DELETE FROM experiment WHERE key = 'plain'`)
    db.exec(`DELETE FROM experiment_history WHERE experiment_key = 'plain'`)
    db.exec(`INSERT INTO deleted_experiment VALUES ('plain', 1)`)
    db.exec(
      `INSERT INTO experiment (key, variants, status, version, created_at, updated_at) VALUES ('plain', '[]', 'DRAFT', 1, 0, 0)`,
    )
    expect(all(`SELECT * FROM experiment WHERE key = 'plain'`)).toEqual([])
  })
})
