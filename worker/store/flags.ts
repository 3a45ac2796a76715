import { utf8ToBytes } from '@noble/hashes/utils.js'
import { and, asc, eq, getTableColumns, gt, sql } from 'drizzle-orm'
import { FlagSettings, Rules, type Flag, type ListedFlag } from '../../schema/flag.ts'
import type { FlagType } from '../../schema/flag-value.ts'
import { pickServing } from '../../schema/serving-members.ts'
import { StoredServing } from '../../schema/serving.ts'
import { featureFlag } from '../../schema/tables.ts'
import { attemptEdit, type Precondition } from './attempt-edit.ts'
import { parseColumn } from './parse-column.ts'
import type { Database } from './database.ts'
import { commitEdit, readSnapshotVersion, type Editor } from './edit.ts'
import { insertIf } from './insert-if.ts'
import { isKeyTaken } from './key-namespace.ts'
import { selectLastVersion, readLastVersion } from './last-version.ts'
import { fitsQuota, findQuotaProblem, type Growth } from './quota.ts'
import { findMissingSegments, haveSegments, listAddedSegments } from './segment-use.ts'

type Row = typeof featureFlag.$inferSelect

export type EditResult =
  | {
      readonly outcome: 'done'
      readonly before: Flag | null
      readonly flag: Flag | null
      readonly snapshotVersion: number
    }
  | { readonly outcome: 'precondition failed'; readonly current: Flag | null }
  | { readonly outcome: 'not found' }
  | { readonly outcome: 'key taken' }
  | { readonly outcome: 'type fixed'; readonly type: FlagType }
  | { readonly outcome: 'segments missing'; readonly keys: readonly string[] }
  | { readonly outcome: 'quota exceeded'; readonly reason: string }
  | { readonly outcome: 'contended' }

/**
 * Converts a row to a flag. If its JSON cannot be read, the flag is off at the edge, and disabled here: an edit of another
 * member must not turn it on for everyone.
 */
export const toFlag = (row: Row): Flag => {
  const rules = Rules.nullable().safeParse(parseColumn(row.rules))
  const serving = StoredServing.nullable().safeParse(parseColumn(row.serving))
  if (!rules.success) console.error({ event: 'flag.rules_unreadable', key: row.key })
  if (!serving.success) console.error({ event: 'flag.serving_unreadable', key: row.key })
  return {
    key: row.key,
    description: row.description,
    enabled: row.enabled && rules.success && serving.success,
    rollout: row.rollout,
    rules: rules.data ?? null,
    killSwitch: row.killSwitch,
    ...serving.data,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

const toColumns = (settings: FlagSettings) => {
  const { description, enabled, rollout, rules, killSwitch } = settings
  const serving = pickServing(settings)
  return {
    description,
    enabled,
    rollout,
    rules: rules && JSON.stringify(rules),
    killSwitch,
    serving: serving && JSON.stringify(serving),
  }
}

const countBytes = (value: object | null) =>
  value === null ? 0 : utf8ToBytes(JSON.stringify(value)).length

const countRuleBytes = (flag: FlagSettings | null) =>
  flag === null ? 0 : countBytes(flag.rules) + countBytes(pickServing(flag))

/** How much an edit adds to the number of flags and the size of all rules and values. */
export const measureGrowth = (before: Flag | null, after: FlagSettings | null): Growth => ({
  flags: Number(after !== null) - Number(before !== null),
  segments: 0,
  bytes: countRuleBytes(after) - countRuleBytes(before),
})

/** The actor of the last edit: one step in the index on (target, id) for each flag. */
const lastActor = sql<string | null>`(
  SELECT actor FROM admin_action WHERE target = 'flag:' || feature_flag.key ORDER BY id DESC LIMIT 1
)`

/** Flags in the order of their keys, from the one after `after`. */
export const listFlags = async (
  db: Database,
  after: string,
  limit: number,
): Promise<ListedFlag[]> => {
  const rows = await db
    .select({ ...getTableColumns(featureFlag), updatedBy: lastActor })
    .from(featureFlag)
    .where(gt(featureFlag.key, after))
    .orderBy(asc(featureFlag.key))
    .limit(limit)
  return rows.map(({ updatedBy, ...row }) => ({ ...toFlag(row), updatedBy }))
}

export const getFlag = async (db: Database, key: string): Promise<Flag | null> => {
  const [row] = await db.select().from(featureFlag).where(eq(featureFlag.key, key))
  return row ? toFlag(row) : null
}

const flagTarget = (key: string) => `flag:${key}`

const buildChange = (
  db: Database,
  before: Flag | null,
  after: Flag | null,
  key: string,
  at: Date,
) => {
  const guard = and(eq(featureFlag.key, key), eq(featureFlag.version, before?.version ?? 0))
  if (after === null) return db.delete(featureFlag).where(guard)
  const columns = {
    ...toColumns(FlagSettings.strip().parse(after)),
    version: after.version,
    updatedAt: at,
  }
  const isAllowed = sql`${fitsQuota(measureGrowth(before, after))}
    AND ${haveSegments(listAddedSegments(before, after))}`
  const isNextVersionAndAllowed = sql`${isAllowed} AND ${selectLastVersion(flagTarget(key))} = ${after.version - 1}`
  return before === null
    ? insertIf(db, featureFlag, { key, ...columns, createdAt: at }, isNextVersionAndAllowed)
    : db.update(featureFlag).set(columns).where(and(guard, isAllowed))
}

const nextFlag = async (
  db: Database,
  key: string,
  before: Flag | null,
  settings: FlagSettings,
  at: Date,
) => ({
  key,
  ...settings,
  version: (before?.version ?? (await readLastVersion(db, flagTarget(key)))) + 1,
  createdAt: before?.createdAt ?? at.toISOString(),
  updatedAt: at.toISOString(),
})

const serializeSettings = (flag: Flag): string => JSON.stringify(FlagSettings.strip().parse(flag))

/**
 * Commits new settings of a flag (null deletes it), under the version that was read. Undefined if another edit was faster.
 */
const commitSettings = async (
  db: Database,
  key: string,
  editor: Editor,
  before: Flag | null,
  settings: FlagSettings | null,
): Promise<EditResult | undefined> => {
  if (before === null && (await isKeyTaken(db, key))) return { outcome: 'key taken' }
  const type = before?.type ?? 'boolean'
  if (before && settings && (settings.type ?? 'boolean') !== type)
    return { outcome: 'type fixed', type }
  const after = settings && (await nextFlag(db, key, before, settings, editor.at))
  if (before && after && serializeSettings(before) === serializeSettings(after)) {
    const snapshotVersion = await readSnapshotVersion(db)
    return { outcome: 'done', before, flag: before, snapshotVersion }
  }
  const keys = await findMissingSegments(db, listAddedSegments(before, after))
  if (keys.length > 0) return { outcome: 'segments missing', keys }
  const reason = await findQuotaProblem(db, measureGrowth(before, after))
  if (reason !== undefined) return { outcome: 'quota exceeded', reason }
  const action = after === null ? 'flag.delete' : before === null ? 'flag.create' : 'flag.update'
  const change = buildChange(db, before, after, key, editor.at)
  const audit = { action, target: flagTarget(key), before, after } as const
  const snapshotVersion = await commitEdit(db, change, editor, audit)
  return snapshotVersion === null
    ? undefined
    : { outcome: 'done', before, flag: after, snapshotVersion }
}

/**
 * Edits a flag: reads it, lets `revise` return its new settings, and commits them if the version is still the same.
 * Retries from the read if another edit was faster. An edit that changes nothing writes nothing.
 *
 * @param revise from the current flag (null: there is none) to its new settings; null deletes it, undefined answers
 *   that there is nothing to edit
 */
export const editFlag = (
  db: Database,
  key: string,
  precondition: Precondition,
  editor: Editor,
  revise: (current: Flag | null) => FlagSettings | null | undefined,
): Promise<EditResult> =>
  attemptEdit({
    precondition,
    read: () => getFlag(db, key),
    revise,
    commit: (before, settings) => commitSettings(db, key, editor, before, settings),
  })
