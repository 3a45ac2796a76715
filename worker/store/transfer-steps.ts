import { utf8ToBytes } from '@noble/hashes/utils.js'
import { inArray, sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { adminAction } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { nextVersion, type Editor } from './edit.ts'
import { selectLastVersion } from './last-version.ts'

/** Less than the 2 MB that D1 accepts in a parameter, with a margin of one flag of the largest size. */
const CHUNK_BYTES = 1_000_000

/** What a document holds. */
type Kind = 'flag' | 'segment' | 'experiment'

/** The last version of each deleted target, in one read. A new one continues from there. */
const lastVersions = async (
  db: Database,
  targets: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const rows = await db
    .select({
      target: adminAction.target,
      last: sql<number | null>`max(json_extract(${adminAction.before}, '$.version'))`,
    })
    .from(adminAction)
    .where(
      inArray(adminAction.target, sql`(SELECT value FROM json_each(${JSON.stringify(targets)}))`),
    )
    .groupBy(adminAction.target)
  return new Map(rows.map(({ target, last }) => [target, last ?? 0]))
}

type Step = {
  readonly before: { readonly version: number; readonly createdAt: string } | null
  readonly after: { readonly key: string }
}

/** Adds to each step what it writes beside the settings: the next version, and the times. */
export const addVersions = async <Own extends Step>(
  db: Database,
  kind: Kind,
  steps: readonly Own[],
  at: string,
) => {
  const targets = steps.flatMap(({ before, after }) => (before ? [] : `${kind}:${after.key}`))
  const last = await lastVersions(db, targets)
  return steps.map((step) => {
    const was = step.before?.version ?? 0
    const version = (was || (last.get(`${kind}:${step.after.key}`) ?? 0)) + 1
    return {
      ...step,
      was,
      next: { version, createdAt: step.before?.createdAt ?? at, updatedAt: at },
    }
  })
}

/** Splits steps into chunks that fit into a parameter. */
export const splitIntoChunks = <Serialized extends { readonly text: string }>(
  steps: readonly Serialized[],
): Serialized[][] => {
  const chunks: Serialized[][] = []
  let bytesLeft = 0
  for (const step of steps) {
    const size = utf8ToBytes(step.text).length
    if (chunks.length === 0 || size > bytesLeft) {
      chunks.push([])
      bytesLeft = CHUNK_BYTES
    }
    chunks.at(-1)?.push(step)
    bytesLeft -= size
  }
  return chunks
}

/** A chunk as rows: `step.value` is one step. */
export const toStepRows = (chunk: readonly { readonly text: string }[]): SQL =>
  sql`json_each(${`[${chunk.map(({ text }) => text).join(',')}]`}) AS step`

/** Whether a step that creates something continues the versions of its key. */
export const isNextVersion = (kind: Kind): SQL => {
  const target = sql`${kind} || ':' || (step.value ->> '$.after.key')`
  return sql`(step.value ->> 'was' > 0
    OR step.value ->> '$.after.version' = ${selectLastVersion(target)} + 1)`
}

/**
 * Commits a chunk as one transaction: the audit rows, the change, the snapshot version. A step whose guard no longer holds
 * is in neither, and is planned again.
 *
 * @param steps the rows of the chunk whose guard holds: `json_each(…) AS step WHERE …`
 * @param change inserts or updates exactly these rows
 */
export const commitChunk = async (
  db: Database,
  { actor, at, comment }: Editor,
  kind: Kind,
  steps: SQL,
  change: BatchItem<'sqlite'>,
): Promise<void> => {
  await db.batch([
    db.insert(adminAction).select(sql`
      SELECT NULL, ${at.getTime()}, ${actor},
             ${kind} || iif(step.value ->> 'was' = 0, '.create', '.update'),
             ${kind} || ':' || (step.value ->> '$.after.key'),
             nullif(step.value -> 'before', 'null'), step.value -> 'after', ${comment ?? null}
      FROM ${steps}`),
    change,
    nextVersion(db, at),
  ])
}
