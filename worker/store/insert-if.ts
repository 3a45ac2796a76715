import { getTableColumns, sql, type InferInsertModel, type SQL } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database } from './database.ts'

/** Inserts a row if the guard holds and the key is free; otherwise writes nothing. */
export const insertIf = <Table extends SQLiteTable>(
  db: Database,
  table: Table,
  row: Required<InferInsertModel<Table>>,
  guard: SQL,
) => {
  const values = Object.entries(getTableColumns(table)).map(([name, column]) =>
    sql.param((row as Record<string, unknown>)[name], column),
  )
  return db
    .insert(table)
    .select(sql`SELECT ${sql.join(values, sql`, `)} WHERE ${guard}`)
    .onConflictDoNothing()
}
