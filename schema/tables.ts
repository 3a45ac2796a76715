import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { AuditAction } from './audit.ts'
import type { KeyKind } from './key.ts'

/** Instants are epoch milliseconds here and ISO 8601 on the wire. */
const instant = (name: string) => integer(name, { mode: 'timestamp_ms' })

export const featureFlag = sqliteTable('feature_flag', {
  key: text('key').primaryKey(),
  description: text('description'),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  rollout: integer('rollout').notNull(),
  /** JSON text. Parsed row by row in worker/store, so that one unreadable row harms no other. */
  rules: text('rules'),
  killSwitch: integer('kill_switch', { mode: 'boolean' }).notNull(),
  version: integer('version').notNull(),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
})

/** Append-only: triggers in the migration refuse UPDATE and DELETE. */
export const adminAction = sqliteTable(
  'admin_action',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    at: instant('at').notNull(),
    actor: text('actor').notNull(),
    action: text('action').$type<AuditAction>().notNull(),
    target: text('target').notNull(),
    before: text('before', { mode: 'json' }).$type<Record<string, unknown>>(),
    after: text('after', { mode: 'json' }).$type<Record<string, unknown>>(),
    comment: text('comment'),
  },
  (table) => [
    index('admin_action_target').on(table.target, table.id),
    index('admin_action_actor').on(table.actor, table.id),
  ],
)

/** Keys and tokens: only their SHA-256 is kept. A revoked row stays, so that the audit's names keep their meaning. */
export const apiKey = sqliteTable('api_key', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  kind: text('kind').$type<KeyKind>().notNull(),
  hash: text('hash').notNull().unique(),
  createdAt: instant('created_at').notNull(),
  revokedAt: instant('revoked_at'),
})

/**
 * Sessions of the admin UI: only the SHA-256 of what the cookie holds is kept. A session is worth what the token it
 * was opened with is worth at that moment: revoke the token, or change the ADMIN_TOKEN secret, and it ends.
 */
export const session = sqliteTable(
  'session',
  {
    hash: text('hash').primaryKey(),
    tokenHash: text('token_hash').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('session_expires_at').on(table.expiresAt)],
)

/** One row: the version that the next snapshot must have. Written in the batch of every edit, it is the outbox. */
export const snapshotState = sqliteTable(
  'snapshot_state',
  {
    id: integer('id').primaryKey(),
    version: integer('version').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [check('snapshot_state_one_row', sql`${table.id} = 1`)],
)
