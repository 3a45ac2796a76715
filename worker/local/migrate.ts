import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './settings.ts'

const FOLDER = join(root, 'schema/migrations')

/** The table in which `wrangler d1 migrations apply` keeps the names of applied migrations. */
const TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`

/** The migrations in their order, each with its statements. */
const readMigrations = () =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => ({
      name,
      statements: readFileSync(join(FOLDER, name), 'utf8').split('--> statement-breakpoint'),
    }))

/**
 * Applies the migrations that are missing, each in one transaction. `wrangler d1 migrations apply --local` does the
 * same, but takes seconds to start.
 */
export const migrate = async (d1: D1Database): Promise<void> => {
  await d1.prepare(TABLE).run()
  const { results } = await d1.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = new Set(results.map(({ name }) => name))
  for (const { name, statements } of readMigrations())
    if (!applied.has(name))
      await d1.batch([
        ...statements.map((statement) => d1.prepare(statement)),
        d1.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name),
      ])
}
