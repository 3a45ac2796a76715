import { sql, type SQL } from 'drizzle-orm'

/** Reads a column as JSON. A text that is no JSON, as after an edit by hand, counts as empty and fails no statement. */
export const readJson = (column: string, empty: '[]' | '{}'): SQL =>
  sql`iif(json_valid(${sql.raw(column)}), ${sql.raw(column)}, ${sql.raw(`'${empty}'`)})`
