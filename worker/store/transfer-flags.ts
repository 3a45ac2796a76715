import { asc, inArray, sql } from 'drizzle-orm'
import { FlagSettings, type Flag } from '../../schema/flag.ts'
import type { Issue } from '../../schema/problem.ts'
import { pickServing } from '../../schema/serving-members.ts'
import { experiment, featureFlag } from '../../schema/tables.ts'
import type { ImportChange, TransferFlag } from '../../schema/transfer.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import { measureGrowth, toFlag } from './flags.ts'
import { fitsQuota, sumGrowth, type Growth } from './quota.ts'
import { listAddedSegments } from './segment-use.ts'
import {
  addVersions,
  splitIntoChunks,
  commitChunk,
  isNextVersion,
  toStepRows,
} from './transfer-steps.ts'

/** A flag that differs from the document; `before` is null if it is created. */
export type FlagStep = { readonly before: Flag | null; readonly after: TransferFlag }

/** Every flag, in the order of the keys. */
export const readAllFlags = async (db: Database): Promise<Flag[]> =>
  (await db.select().from(featureFlag).orderBy(asc(featureFlag.key))).map(toFlag)

const toSettings = (flag: Flag | TransferFlag) => FlagSettings.strip().parse(flag)

const isSame = (a: Flag, b: TransferFlag) =>
  JSON.stringify(toSettings(a)) === JSON.stringify(toSettings(b))

const readFlags = async (db: Database, wanted: readonly TransferFlag[]) => {
  const keys = JSON.stringify(wanted.map(({ key }) => key))
  const rows = await db
    .select()
    .from(featureFlag)
    .where(inArray(featureFlag.key, sql`(SELECT value FROM json_each(${keys}))`))
  return new Map(rows.map(toFlag).map((flag) => [flag.key, flag]))
}

/** Flags that are compared at a time. The flags of D1 are never in memory together with the whole document. */
const COMPARED_AT_ONCE = 200

/** Compares the flags with a document, in slices. Flags that are not in the document stay. */
export const compareFlags = async function* (
  db: Database,
  wanted: readonly TransferFlag[],
): AsyncGenerator<FlagStep[]> {
  for (let from = 0; from < wanted.length; from += COMPARED_AT_ONCE) {
    const slice = wanted.slice(from, from + COMPARED_AT_ONCE)
    const current = await readFlags(db, slice)
    yield slice
      .map((after) => ({ before: current.get(after.key) ?? null, after }))
      .filter(({ before, after }) => before === null || !isSame(before, after))
  }
}

/** The type of a flag is fixed, because apps read it by its type. */
export const describeTypeChange = (
  { before, after }: FlagStep,
  wanted: readonly TransferFlag[],
): Issue[] => {
  const [was, is] = [before?.type ?? 'boolean', after.type ?? 'boolean']
  return before === null || was === is
    ? []
    : [
        {
          path: `flags.${wanted.indexOf(after)}`,
          message: `${after.key} is of type ${was}, which cannot change to ${is}`,
        },
      ]
}

export const toFlagChange = ({ before, after }: FlagStep): ImportChange => ({
  key: after.key,
  before: before && toSettings(before),
  after: toSettings(after),
})

/** The keys of these flags that experiments have already. */
export const findExperimentKeys = async (
  db: Database,
  wanted: readonly TransferFlag[],
): Promise<string[]> => {
  const keys = JSON.stringify(wanted.map(({ key }) => key))
  const rows = await db
    .select({ key: experiment.key })
    .from(experiment)
    .where(inArray(experiment.key, sql`(SELECT value FROM json_each(${keys}))`))
  return rows.map(({ key }) => key)
}

/** How much the steps together add. */
export const measureFlagSteps = (steps: readonly FlagStep[]): Growth =>
  sumGrowth(steps.map(({ before, after }) => measureGrowth(before, after)))

type Chunk = readonly { readonly text: string; readonly growth: Growth }[]

const serializeSteps = async (db: Database, steps: readonly FlagStep[], at: string) =>
  (await addVersions(db, 'flag', steps, at)).map(({ was, before, after, next }) => {
    const members = pickServing(after)
    // As a text: SQLite would write its numbers in its own way.
    const serving = members && JSON.stringify(members)
    const segments = listAddedSegments(before, after)
    const flag = { ...after, ...next } satisfies Flag
    const text = JSON.stringify({ was, before, after: flag, serving, segments })
    return { text, growth: measureGrowth(before, after) }
  })

/**
 * The guard of each step in the commit: the version and the type are those that were read, no experiment has the key,
 * each segment exists, and the chunk fits the limits.
 */
const stillHolds = (growth: Growth) => sql`
  ifnull((SELECT version FROM feature_flag WHERE key = step.value ->> '$.after.key'), 0) = step.value ->> 'was'
  AND NOT EXISTS (SELECT 1 FROM experiment WHERE key = step.value ->> '$.after.key')
  AND NOT EXISTS (
    SELECT 1 FROM json_each(step.value, '$.segments') AS named WHERE named.value NOT IN (SELECT key FROM segment))
  AND ${isNextVersion('flag')}
  AND ${fitsQuota(growth)}`

const commit = (db: Database, chunk: Chunk, editor: Editor): Promise<void> => {
  const steps = sql`${toStepRows(chunk)} WHERE ${stillHolds(sumGrowth(chunk.map(({ growth }) => growth)))}`
  const now = editor.at.getTime()
  const change = db
    .insert(featureFlag)
    .select(sql`
      SELECT step.value ->> '$.after.key', step.value ->> '$.after.description',
             step.value ->> '$.after.enabled', step.value ->> '$.after.rollout',
             nullif(step.value -> '$.after.rules', 'null'), step.value ->> '$.after.killSwitch',
             step.value ->> '$.after.version', ${now}, ${now}, step.value ->> 'serving'
      FROM ${steps}`)
    .onConflictDoUpdate({
      target: featureFlag.key,
      set: {
        description: sql`excluded.description`,
        enabled: sql`excluded.enabled`,
        rollout: sql`excluded.rollout`,
        rules: sql`excluded.rules`,
        killSwitch: sql`excluded.kill_switch`,
        version: sql`excluded.version`,
        updatedAt: sql`excluded.updated_at`,
        serving: sql`excluded.serving`,
      },
    })
  return commitChunk(db, editor, 'flag', steps, change)
}

export const commitFlags = async (
  db: Database,
  steps: readonly FlagStep[],
  editor: Editor,
): Promise<void> => {
  for (const chunk of splitIntoChunks(await serializeSteps(db, steps, editor.at.toISOString())))
    await commit(db, chunk, editor)
}
