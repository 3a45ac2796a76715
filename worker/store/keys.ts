import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { ApiKey, KeyKind } from '../../schema/key.ts'
import { MAX_KEYS } from '../../schema/limits.ts'
import { apiKey } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { commitEdit, type Editor } from './edit.ts'
import { insertWhile } from './guarded-insert.ts'

const columns = {
  id: apiKey.id,
  name: apiKey.name,
  kind: apiKey.kind,
  createdAt: apiKey.createdAt,
  revokedAt: apiKey.revokedAt,
}

type Row = Omit<typeof apiKey.$inferSelect, 'hash'>

const toApiKey = ({ createdAt, revokedAt, ...row }: Row): ApiKey => ({
  ...row,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
})

/** Keys in the order of their ids, from the one after `after`, revoked ones included. */
export const listKeys = async (db: Database, after: string, limit: number): Promise<ApiKey[]> => {
  const rows = await db
    .select(columns)
    .from(apiKey)
    .where(gt(apiKey.id, after))
    .orderBy(asc(apiKey.id))
    .limit(limit)
  return rows.map(toApiKey)
}

/** The key with this hash that was not revoked, its hash included for a comparison in constant time. */
export const findKeyByHash = async (db: Database, hash: string) => {
  const [row] = await db
    .select({ name: apiKey.name, kind: apiKey.kind, hash: apiKey.hash })
    .from(apiKey)
    .where(and(eq(apiKey.hash, hash), isNull(apiKey.revokedAt)))
  return row
}

const live = sql<number>`(SELECT count(*) FROM ${apiKey} WHERE ${isNull(apiKey.revokedAt)})`

/** Whether there are as many keys as there may be. */
export const areKeysFull = async (db: Database): Promise<boolean> => {
  const [row] = await db.all<{ live: number }>(sql`SELECT ${live} AS live`)
  return (row?.live ?? 0) >= MAX_KEYS
}

/** Adds a key; null when the name is taken, or there are too many. */
export const createKey = async (
  db: Database,
  editor: Editor,
  { id, name, kind, hash }: { id: string; name: string; kind: KeyKind; hash: string },
) => {
  const row = { id, name, kind, createdAt: editor.at, revokedAt: null }
  const key = toApiKey(row)
  const snapshotVersion = await commitEdit(
    db,
    insertWhile(db, apiKey, { ...row, hash }, sql`${live} < ${MAX_KEYS}`),
    editor,
    { action: 'key.create', target: `key:${id}`, before: null, after: key },
  )
  return snapshotVersion === null ? null : { key, snapshotVersion }
}

/** Revokes a key; null when there is none to revoke. */
export const revokeKey = async (db: Database, editor: Editor, id: string) => {
  const [row] = await db
    .select(columns)
    .from(apiKey)
    .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)))
  if (!row) return null
  const key = toApiKey({ ...row, revokedAt: editor.at })
  const snapshotVersion = await commitEdit(
    db,
    db
      .update(apiKey)
      .set({ revokedAt: editor.at })
      .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt))),
    editor,
    { action: 'key.revoke', target: `key:${id}`, before: toApiKey(row), after: key },
  )
  return snapshotVersion === null ? null : { key, snapshotVersion }
}
