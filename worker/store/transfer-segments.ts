import { asc, sql } from 'drizzle-orm'
import type { Issue } from '../../schema/problem.ts'
import { listSegmentKeys } from '../../schema/segment-keys.ts'
import { SegmentSettings, type Segment } from '../../schema/segment.ts'
import { segment } from '../../schema/tables-segment.ts'
import type { ImportSegmentChange, TransferFlag, TransferSegment } from '../../schema/transfer.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import { fitsQuota, sumGrowth, type Growth } from './quota.ts'
import { measureSegmentGrowth, toSegment } from './segment-row.ts'
import { findMissingSegments } from './segment-use.ts'
import {
  addVersions,
  commitChunk,
  isNextVersion,
  splitIntoChunks,
  toStepRows,
} from './transfer-steps.ts'

/** A segment that differs from the document; `before` is null if it is created. */
export type SegmentStep = { readonly before: Segment | null; readonly after: TransferSegment }

/** Every segment, in the order of the keys. */
export const readAllSegments = async (db: Database): Promise<Segment[]> =>
  (await db.select().from(segment).orderBy(asc(segment.key))).map(toSegment)

const toSettings = (each: Segment | TransferSegment) => SegmentSettings.strip().parse(each)

const isSame = (a: Segment, b: TransferSegment) =>
  JSON.stringify(toSettings(a)) === JSON.stringify(toSettings(b))

/** Compares the segments with a document. Segments that are not in the document stay. */
export const planSegments = async (
  db: Database,
  wanted: readonly TransferSegment[],
): Promise<SegmentStep[]> => {
  if (wanted.length === 0) return []
  const current = new Map((await readAllSegments(db)).map((each) => [each.key, each]))
  return wanted
    .map((after) => ({ before: current.get(after.key) ?? null, after }))
    .filter(({ before, after }) => before === null || !isSame(before, after))
}

export const toSegmentChange = ({ before, after }: SegmentStep): ImportSegmentChange => ({
  key: after.key,
  before: before && toSettings(before),
  after: toSettings(after),
})

/** The segments that flags of the document use, and that are neither in the document nor in D1. */
export const findUnknownSegments = async (
  db: Database,
  flags: readonly TransferFlag[],
  segments: readonly TransferSegment[],
): Promise<Issue[]> => {
  const known = new Set(segments.map(({ key }) => key))
  const uses = flags.flatMap((flag, index) =>
    listSegmentKeys(flag).map((key) => ({ key, path: `flags.${index}` })),
  )
  const keys = [...new Set(uses.map(({ key }) => key))].filter((key) => !known.has(key))
  const missing = new Set(await findMissingSegments(db, keys))
  return uses.flatMap(({ key, path }) =>
    missing.has(key) ? [{ path, message: `there is no segment ${key}` }] : [],
  )
}

export const measureSteps = (steps: readonly SegmentStep[]): Growth =>
  sumGrowth(steps.map(({ before, after }) => measureSegmentGrowth(before, after)))

type Chunk = readonly { readonly text: string; readonly growth: Growth }[]

const serializeSteps = async (db: Database, steps: readonly SegmentStep[], at: string) =>
  (await addVersions(db, 'segment', steps, at)).map(({ was, before, after, next }) => {
    const text = JSON.stringify({ was, before, after: { ...after, ...next } satisfies Segment })
    return { text, growth: measureSegmentGrowth(before, after) }
  })

const commit = (db: Database, chunk: Chunk, editor: Editor): Promise<void> => {
  const steps = sql`${toStepRows(chunk)}
    WHERE ifnull((SELECT version FROM segment WHERE key = step.value ->> '$.after.key'), 0) = step.value ->> 'was'
      AND ${isNextVersion('segment')}
      AND ${fitsQuota(sumGrowth(chunk.map(({ growth }) => growth)))}`
  const now = editor.at.getTime()
  const change = db
    .insert(segment)
    .select(sql`
      SELECT step.value ->> '$.after.key', step.value ->> '$.after.description',
             step.value -> '$.after.include', step.value -> '$.after.exclude', step.value -> '$.after.conditions',
             step.value ->> '$.after.version', ${now}, ${now}
      FROM ${steps}`)
    .onConflictDoUpdate({
      target: segment.key,
      set: {
        description: sql`excluded.description`,
        include: sql`excluded."include"`,
        exclude: sql`excluded."exclude"`,
        conditions: sql`excluded.conditions`,
        version: sql`excluded.version`,
        updatedAt: sql`excluded.updated_at`,
      },
    })
  return commitChunk(db, editor, 'segment', steps, change)
}

export const commitSegments = async (
  db: Database,
  steps: readonly SegmentStep[],
  editor: Editor,
): Promise<void> => {
  for (const chunk of splitIntoChunks(await serializeSteps(db, steps, editor.at.toISOString())))
    await commit(db, chunk, editor)
}
