import { and, eq, sql } from 'drizzle-orm'
import { MAX_SEGMENT_BYTES } from '../../schema/limits.ts'
import { SegmentSettings, type Segment, type SegmentWithUsers } from '../../schema/segment.ts'
import { segment } from '../../schema/tables-segment.ts'
import { attemptEdit, type Precondition } from './attempt-edit.ts'
import type { Database } from './database.ts'
import { commitEdit, readSnapshotVersion, type Editor } from './edit.ts'
import { insertIf } from './insert-if.ts'
import { readLastVersion, selectLastVersion } from './last-version.ts'
import { findQuotaProblem, fitsQuota } from './quota.ts'
import { countSegmentBytes, measureSegmentGrowth, toColumns, toSegment } from './segment-row.ts'
import { isUnused, listUsers } from './segment-use.ts'

export type SegmentResult =
  | {
      readonly outcome: 'done'
      readonly before: Segment | null
      readonly segment: Segment | null
      readonly snapshotVersion: number
    }
  | { readonly outcome: 'precondition failed'; readonly current: Segment | null }
  | { readonly outcome: 'not found' }
  | { readonly outcome: 'in use'; readonly users: readonly string[] }
  | { readonly outcome: 'quota exceeded'; readonly reason: string }
  | { readonly outcome: 'contended' }

const getSegment = async (db: Database, key: string): Promise<Segment | null> => {
  const [row] = await db.select().from(segment).where(eq(segment.key, key))
  return row ? toSegment(row) : null
}

export const getSegmentWithUsers = async (
  db: Database,
  key: string,
): Promise<SegmentWithUsers | null> => {
  const found = await getSegment(db, key)
  return found && { ...found, usedBy: await listUsers(db, key) }
}

const toTarget = (key: string) => `segment:${key}`

const buildChange = (
  db: Database,
  key: string,
  before: Segment | null,
  after: Segment | null,
  at: Date,
) => {
  const guard = and(eq(segment.key, key), eq(segment.version, before?.version ?? 0))
  if (after === null) return db.delete(segment).where(and(guard, isUnused(key)))
  const columns = { ...toColumns(after), version: after.version, updatedAt: at }
  const isWithinQuota = fitsQuota(measureSegmentGrowth(before, after))
  const isNext = sql`${isWithinQuota} AND ${selectLastVersion(toTarget(key))} = ${after.version - 1}`
  return before === null
    ? insertIf(db, segment, { key, ...columns, createdAt: at }, isNext)
    : db.update(segment).set(columns).where(and(guard, isWithinQuota))
}

/** Why an edit cannot be committed; undefined if it can. The commit checks it again. */
const findRefusal = async (
  db: Database,
  key: string,
  before: Segment | null,
  after: SegmentSettings | null,
): Promise<SegmentResult | undefined> => {
  if (after === null) {
    const users = await listUsers(db, key)
    return users.length > 0 ? { outcome: 'in use', users } : undefined
  }
  const reason =
    countSegmentBytes(after) > MAX_SEGMENT_BYTES
      ? `a segment takes ${MAX_SEGMENT_BYTES / 1024} KB at most: shorten its lists`
      : await findQuotaProblem(db, measureSegmentGrowth(before, after))
  return reason === undefined ? undefined : { outcome: 'quota exceeded', reason }
}

const serializeSettings = (settings: SegmentSettings): string =>
  JSON.stringify(SegmentSettings.strip().parse(settings))

const commitSettings = async (
  db: Database,
  key: string,
  editor: Editor,
  before: Segment | null,
  settings: SegmentSettings | null,
): Promise<SegmentResult | undefined> => {
  if (before && settings && serializeSettings(before) === serializeSettings(settings)) {
    const snapshotVersion = await readSnapshotVersion(db)
    return { outcome: 'done', before, segment: before, snapshotVersion }
  }
  const refusal = await findRefusal(db, key, before, settings)
  if (refusal) return refusal
  const last = before?.version ?? (await readLastVersion(db, toTarget(key)))
  const at = editor.at.toISOString()
  const after = settings && {
    key,
    ...settings,
    version: last + 1,
    createdAt: before?.createdAt ?? at,
    updatedAt: at,
  }
  const action =
    after === null ? 'segment.delete' : before === null ? 'segment.create' : 'segment.update'
  const change = buildChange(db, key, before, after, editor.at)
  const audit = { action, target: toTarget(key), before, after } as const
  const snapshotVersion = await commitEdit(db, change, editor, audit)
  return snapshotVersion === null
    ? undefined
    : { outcome: 'done', before, segment: after, snapshotVersion }
}

/**
 * Edits a segment, as `editFlag` does a flag. An edit that changes nothing writes nothing.
 *
 * @param revise from the current segment (null: there is none) to its new settings; null deletes it, undefined answers
 *   that there is nothing to edit
 */
export const editSegment = (
  db: Database,
  key: string,
  precondition: Precondition,
  editor: Editor,
  revise: (current: Segment | null) => SegmentSettings | null | undefined,
): Promise<SegmentResult> =>
  attemptEdit({
    precondition,
    read: () => getSegment(db, key),
    revise,
    commit: (before, settings) => commitSettings(db, key, editor, before, settings),
  })
