import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm'
import {
  ClientSettings,
  NEW_CLIENT,
  OLD_CLIENT,
  type ApiKey,
  type KeyKind,
} from '../../schema/key.ts'
import { MAX_KEYS } from '../../schema/limits.ts'
import { apiKey } from '../../schema/tables.ts'
import { parseColumn } from './parse-column.ts'
import type { Database } from './database.ts'
import { commitEdit, readSnapshotVersion, type Editor } from './edit.ts'
import { insertIf } from './insert-if.ts'

const columns = {
  id: apiKey.id,
  name: apiKey.name,
  kind: apiKey.kind,
  createdAt: apiKey.createdAt,
  revokedAt: apiKey.revokedAt,
  lastUsedAt: apiKey.lastUsedAt,
  settings: apiKey.settings,
}

type Row = Omit<typeof apiKey.$inferSelect, 'hash'>

/** The settings of a client key; undefined if they cannot be read, and the edge then refuses the key. */
export const readSettings = ({ settings }: Pick<Row, 'settings'>): ClientSettings | undefined =>
  settings === null ? OLD_CLIENT : ClientSettings.safeParse(parseColumn(settings)).data

const toApiKey = (row: Row): ApiKey => {
  const { settings: _, createdAt, revokedAt, lastUsedAt, ...rest } = row
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    ...(row.kind === 'client' && readSettings(row)),
  }
}

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

/** The columns for authentication, with the hash for a comparison in constant time. */
export const tokenColumns = {
  id: apiKey.id,
  name: apiKey.name,
  kind: apiKey.kind,
  hash: apiKey.hash,
}

/** The key with this hash that was not revoked. */
export const findKeyByHash = async (db: Database, hash: string) => {
  const [row] = await db
    .select(tokenColumns)
    .from(apiKey)
    .where(and(eq(apiKey.hash, hash), isNull(apiKey.revokedAt)))
  return row
}

const findActiveKey = async (db: Database, id: string): Promise<Row | undefined> => {
  const [row] = await db
    .select(columns)
    .from(apiKey)
    .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)))
  return row
}

const activeKeyCount = sql<number>`(SELECT count(*) FROM ${apiKey} WHERE ${isNull(apiKey.revokedAt)})`

/** Whether the limit of keys is reached. */
export const isKeyQuotaReached = async (db: Database): Promise<boolean> => {
  const [row] = await db.all<{ count: number }>(sql`SELECT ${activeKeyCount} AS count`)
  return (row?.count ?? 0) >= MAX_KEYS
}

/** Settings in a request: an absent one keeps its value or default. */
type SettingsInput = { readonly [Name in keyof ClientSettings]?: ClientSettings[Name] | undefined }

const mergeSettings = (
  from: ClientSettings,
  { origins, trustsRole, trusts = from.trusts, userToken }: SettingsInput,
) => ({
  origins: origins ?? from.origins,
  trustsRole: trustsRole ?? from.trustsRole,
  // Null is back to the default, and absent in the settings of older keys.
  ...(trusts && { trusts }),
  userToken: userToken === undefined ? from.userToken : userToken,
})

type NewKey = {
  readonly id: string
  readonly name: string
  readonly kind: KeyKind
  readonly hash: string
  /** Only for a client key. */
  readonly settings?: SettingsInput | undefined
}

/** Adds a key; null if the name is taken or the limit is reached. */
export const createKey = async (
  db: Database,
  editor: Editor,
  { id, name, kind, hash, settings = {} }: NewKey,
) => {
  const row = {
    id,
    name,
    kind,
    createdAt: editor.at,
    revokedAt: null,
    lastUsedAt: null,
    settings: kind === 'client' ? JSON.stringify(mergeSettings(NEW_CLIENT, settings)) : null,
  }
  const key = toApiKey(row)
  const snapshotVersion = await commitEdit(
    db,
    insertIf(db, apiKey, { ...row, hash }, sql`${activeKeyCount} < ${MAX_KEYS}`),
    editor,
    { action: 'key.create', target: `key:${id}`, before: null, after: key },
  )
  return snapshotVersion === null ? null : { key, snapshotVersion }
}

export type KeyUpdateResult =
  | { readonly outcome: 'done'; readonly key: ApiKey; readonly snapshotVersion: number }
  | { readonly outcome: 'not found' | 'no settings' | 'contended' }

/** Changes settings of a client key. Equal settings are no change. */
export const updateKey = async (
  db: Database,
  editor: Editor,
  id: string,
  given: SettingsInput,
): Promise<KeyUpdateResult> => {
  const row = await findActiveKey(db, id)
  if (!row) return { outcome: 'not found' }
  if (row.kind !== 'client') return { outcome: 'no settings' }
  const settings = JSON.stringify(mergeSettings(readSettings(row) ?? NEW_CLIENT, given))
  const [before, after] = [toApiKey(row), toApiKey({ ...row, settings })]
  if (JSON.stringify(before) === JSON.stringify(after))
    return { outcome: 'done', key: before, snapshotVersion: await readSnapshotVersion(db) }
  const isAsRead = sql`${apiKey.settings} IS ${row.settings}`
  const snapshotVersion = await commitEdit(
    db,
    db
      .update(apiKey)
      .set({ settings })
      .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt), isAsRead)),
    editor,
    { action: 'key.update', target: `key:${id}`, before, after },
  )
  return snapshotVersion === null
    ? { outcome: 'contended' }
    : { outcome: 'done', key: after, snapshotVersion }
}

/** Revokes a key; null if there is no such active key. */
export const revokeKey = async (db: Database, editor: Editor, id: string) => {
  const row = await findActiveKey(db, id)
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

/** Records that keys were used. This is no edit: no audit row, no snapshot version. */
export const markUsed = async (db: Database, ids: readonly string[], at: Date): Promise<void> => {
  await db
    .update(apiKey)
    .set({ lastUsedAt: sql`max(coalesce(${apiKey.lastUsedAt}, 0), ${at.getTime()})` })
    .where(sql`${apiKey.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)
}
