import { sql } from 'drizzle-orm'
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTable,
  sqliteView,
  text,
} from 'drizzle-orm/sqlite-core'
import type { AuditAction } from './audit.ts'
import type { ExperimentStatus } from './experiment.ts'
import type { KeyKind, Role } from './key.ts'

/** Instants are epoch milliseconds here and ISO 8601 on the wire. */
const instant = (name: string) => integer(name, { mode: 'timestamp_ms' })

export const featureFlag = sqliteTable('feature_flag', {
  key: text('key').primaryKey(),
  description: text('description'),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  /** SQLite keeps a fraction as a real number. The JSON texts are parsed row by row: an unreadable one breaks no other. */
  rollout: integer('rollout').notNull(),
  rules: text('rules'),
  killSwitch: integer('kill_switch', { mode: 'boolean' }).notNull(),
  version: integer('version').notNull(),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  serving: text('serving'),
})

export const experiment = sqliteTable('experiment', {
  key: text('key').primaryKey(),
  description: text('description'),
  /** JSON text, like the rules of a flag. */
  variants: text('variants').notNull(),
  status: text('status').$type<ExperimentStatus>().notNull(),
  startAt: instant('start_at'),
  stopAt: instant('stop_at'),
  plan: text('plan'),
  launchedAt: instant('launched_at'),
  reweightedAt: instant('reweighted_at'),
  version: integer('version').notNull(),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  owner: text('owner'),
  note: text('note'),
  decision: text('decision'),
  archivedAt: instant('archived_at'),
  /** JSON texts, null for nobody. Triggers keep `experiment_exclusion` from them (migration `people`). */
  testers: text('testers'),
  leftOut: text('left_out'),
})

/**
 * Launches, pauses and the stop of each experiment. Append-only: triggers refuse UPDATE, and DELETE while the
 * experiment exists (migration `phases`).
 */
export const experimentHistory = sqliteTable(
  'experiment_history',
  {
    experimentKey: text('experiment_key').notNull(),
    /** The version of the experiment after the edit. */
    seq: integer('seq').notNull(),
    kind: text('kind').$type<'launch' | 'pause' | 'stop'>().notNull(),
    at: instant('at').notNull(),
    phase: integer('phase').notNull(),
    /** JSON text. Null: not known, or no launch. */
    variants: text('variants'),
    startsOver: integer('starts_over', { mode: 'boolean' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.experimentKey, table.seq] })],
)

/**
 * The variant of each user, with the outcome. Triggers on the raw rows keep `firstExposedAt`, `converted` and `clicks`.
 */
export const experimentAssignment = sqliteTable(
  'experiment_assignment',
  {
    experimentKey: text('experiment_key').notNull(),
    userId: text('user_id').notNull(),
    variant: text('variant').notNull(),
    assignedAt: instant('assigned_at').notNull(),
    /** Exposures whose raw rows retention has deleted. The others are counted in `experiment_exposure`. */
    exposures: integer('exposures').notNull().default(0),
    firstExposedAt: instant('first_exposed_at'),
    converted: integer('converted').notNull().default(0),
    clicks: integer('clicks').notNull().default(0),
    /** Another variant that the same person had before sign-in. A user with a conflict counts in no roll-up. */
    conflict: text('conflict'),
    /** The phase whose weights gave the variant. It never changes. 0: of a launch that a restore of D1 took away. */
    phase: integer('phase').notNull().default(1),
  },
  (table) => [
    primaryKey({ columns: [table.experimentKey, table.userId] }),
    index('experiment_assignment_user').on(table.userId),
    index('experiment_assignment_conflict')
      .on(table.experimentKey, table.assignedAt)
      .where(sql`${table.conflict} IS NOT NULL`),
  ],
)

/** Experiments in which a sign-in merge gave a user another variant than the bucket, which then is not certain. */
export const experimentInheritance = sqliteTable('experiment_inheritance', {
  experimentKey: text('experiment_key').primaryKey(),
  at: instant('at').notNull(),
})

/** Each exposure. An id is unique within user and experiment, so that no client can use up the ids of others. */
export const experimentExposure = sqliteTable(
  'experiment_exposure',
  {
    userId: text('user_id').notNull(),
    id: text('id').notNull(),
    experimentKey: text('experiment_key').notNull(),
    variant: text('variant').notNull(),
    at: instant('at').notNull(),
    /** The phase in which it counts: that of the user's assignment when the row arrived. */
    phase: integer('phase').notNull().default(1),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.experimentKey, table.id] }),
    index('experiment_exposure_at').on(table.at),
  ],
)

/** Events of users, also of those without an assignment. */
export const event = sqliteTable(
  'event',
  {
    userId: text('user_id').notNull(),
    id: text('id').notNull(),
    type: text('type').notNull(),
    at: instant('at').notNull(),
    /** 999 when the instant was given to the second: the event happened within that second. */
    spanMs: integer('span_ms').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.id] }),
    index('event_user').on(table.userId, table.type, table.at),
    index('event_at').on(table.at),
  ],
)

/**
 * Counts by quarter of an hour and phase, kept by triggers, so that results cost the same for any number of exposures.
 * Users, conversions and clicks count in the quarter of the first exposure. Days of any zone are whole quarters.
 */
export const experimentRollup = sqliteTable(
  'experiment_rollup',
  {
    experimentKey: text('experiment_key').notNull(),
    /** Epoch milliseconds / 900,000. */
    quarter: integer('quarter').notNull(),
    phase: integer('phase').notNull(),
    variant: text('variant').notNull(),
    assignments: integer('assignments').notNull().default(0),
    exposures: integer('exposures').notNull().default(0),
    exposedUsers: integer('exposed_users').notNull().default(0),
    conversions: integer('conversions').notNull().default(0),
    clicks: integer('clicks').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.experimentKey, table.quarter, table.phase, table.variant] }),
  ],
)

/** Variants with assignments, also of users who count nowhere. They must not be removed. */
export const assignedVariant = sqliteView('assigned_variant', {
  experimentKey: text('experiment_key').notNull(),
  variant: text('variant').notNull(),
}).as(
  sql`SELECT experiment_key, variant FROM experiment_rollup WHERE assignments > 0
    UNION SELECT experiment_key, variant FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, conflict FROM experiment_assignment WHERE conflict IS NOT NULL
    UNION SELECT experiment_key, variant FROM experiment_exclusion JOIN experiment_assignment USING (experiment_key, user_id)`,
)

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

/** Keys and tokens, as SHA-256. A revoked row stays, so that its name in the audit keeps its meaning. */
export const apiKey = sqliteTable('api_key', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  kind: text('kind').$type<KeyKind>().notNull(),
  hash: text('hash').notNull().unique(),
  createdAt: instant('created_at').notNull(),
  revokedAt: instant('revoked_at'),
  lastUsedAt: instant('last_used_at'),
  /** JSON text, like the rules of a flag. Null in rows of other kinds, and in rows older than settings. */
  settings: text('settings'),
})

/** People who sign in with Cloudflare Access, with their roles. */
export const member = sqliteTable('member', {
  email: text('email').primaryKey(),
  role: text('role').$type<Role>().notNull(),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
})

/**
 * Sessions of the admin UI, as the SHA-256 of the cookie's value. A session has the rights of the token that opened it:
 * it ends when the token is revoked or the ADMIN_TOKEN secret changes.
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

/** Break-glass overrides of the Publisher that D1 has, so that a repeated delivery changes nothing. */
export const breakGlass = sqliteTable('break_glass', {
  id: text('id').primaryKey(),
  at: instant('at').notNull(),
})

/** One row: the version of the next snapshot. The batch of each edit writes it, so it is the outbox of the Publisher. */
export const snapshotState = sqliteTable(
  'snapshot_state',
  {
    id: integer('id').primaryKey(),
    version: integer('version').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [check('snapshot_state_one_row', sql`${table.id} = 1`)],
)
