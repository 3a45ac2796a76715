import { utf8ToBytes } from '@noble/hashes/utils.js'
import { inArray, sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { adminAction } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { nextVersion, type Editor } from './edit.ts'
import { selectLastVersion } from './last-version.ts'

/** Below the 2 MB that D1 takes in one parameter, with a flag of the largest size to spare. */
const CHUNK_BYTES = 1_000_000

/** The last version of each target that was deleted: what is created again goes on counting there; in one read. */
export const lastVersions = async (
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

/** Steps, each with its JSON text, cut into chunks that fit into a parameter. */
export const splitIntoChunks = <Step extends { readonly text: string }>(
  steps: readonly Step[],
): Step[][] => {
  const chunks: Step[][] = []
  let room = 0
  for (const step of steps) {
    const size = utf8ToBytes(step.text).length
    if (chunks.length === 0 || size > room) {
      chunks.push([])
      room = CHUNK_BYTES
    }
    chunks.at(-1)?.push(step)
    room -= size
  }
  return chunks
}

/** A chunk as rows: `step.value` is one step. */
export const toStepRows = (chunk: readonly { readonly text: string }[]): SQL =>
  sql`json_each(${`[${chunk.map(({ text }) => text).join(',')}]`}) AS step`

/** Whether what a step creates has the version after the last one that its key had. */
export const isNextVersion = (kind: 'flag' | 'experiment'): SQL => {
  const target = sql`${kind} || ':' || (step.value ->> '$.after.key')`
  return sql`(step.value ->> 'was' > 0
    OR step.value ->> '$.after.version' = ${selectLastVersion(target)} + 1)`
}

/**
 * Commits one chunk as one transaction, set by set: the audit rows, the change itself, the snapshot version. A step
 * that does not hold any more is left out of both, and is planned again.
 *
 * @param steps the chunk's rows, those that hold: `json_each(…) AS step WHERE …`
 * @param change inserts or updates exactly these
 */
export const commitChunk = async (
  db: Database,
  { actor, at, comment }: Editor,
  kind: 'flag' | 'experiment',
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
