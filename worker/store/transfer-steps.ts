import { utf8ToBytes } from '@noble/hashes/utils.js'
import { inArray, sql, type SQL } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { adminAction } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { nextVersion, type Editor } from './edit.ts'
import { selectLastVersion } from './last-version.ts'

/** Less than the 2 MB that D1 accepts in a parameter, with a margin of one flag of the largest size. */
const CHUNK_BYTES = 1_000_000

/** The last version of each deleted target, in one read. A new one continues from there. */
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

/** Splits steps into chunks that fit into a parameter. */
export const splitIntoChunks = <Step extends { readonly text: string }>(
  steps: readonly Step[],
): Step[][] => {
  const chunks: Step[][] = []
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

/** What a document holds. */
type Kind = 'flag' | 'segment' | 'experiment'

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
