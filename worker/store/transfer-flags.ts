import { asc, inArray, sql } from 'drizzle-orm'
import { FlagSettings, type Flag } from '../../schema/flag.ts'
import { adminAction, experiment, featureFlag, snapshotState } from '../../schema/tables.ts'
import type { ImportChange, TransferFlag } from '../../schema/transfer.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import { growthOf, toFlag } from './flags.ts'
import { hasRoomFor, refusalOf, type Growth } from './room.ts'
import { chunksOf, jsonOf, lastVersions } from './transfer-steps.ts'

/** One flag that differs from the document; before is null when it is to be created. */
export type FlagStep = { readonly before: Flag | null; readonly after: TransferFlag }

/** Every flag, in the order of the keys. */
export const readAllFlags = async (db: Database): Promise<Flag[]> =>
  (await db.select().from(featureFlag).orderBy(asc(featureFlag.key))).map(toFlag)

const settingsOf = (flag: Flag | TransferFlag) => FlagSettings.strip().parse(flag)

const isSame = (a: Flag, b: TransferFlag) =>
  JSON.stringify(settingsOf(a)) === JSON.stringify(settingsOf(b))

/** What differs between the flags as they are and as a document has them. A flag it does not name stays. */
export const planFlags = async (
  db: Database,
  wanted: readonly TransferFlag[],
): Promise<FlagStep[]> => {
  const current = new Map((await readAllFlags(db)).map((flag) => [flag.key, flag]))
  return wanted
    .map((after) => ({ before: current.get(after.key) ?? null, after }))
    .filter(({ before, after }) => before === null || !isSame(before, after))
}

export const toFlagChange = ({ before, after }: FlagStep): ImportChange => ({
  key: after.key,
  before: before && settingsOf(before),
  after: settingsOf(after),
})

/** Those keys that experiments have: a key names a flag or an experiment, never both. */
export const takenByExperiments = async (
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

const sumOf = (growths: readonly Growth[]): Growth => ({
  flags: growths.reduce((sum, { flags }) => sum + flags, 0),
  bytes: growths.reduce((sum, { bytes }) => sum + bytes, 0),
})

/** Why all flags together would be too many or too large; undefined when they would not. */
export const refusalOfFlags = (db: Database, steps: readonly FlagStep[]) =>
  refusalOf(db, sumOf(steps.map(({ before, after }) => growthOf(before, after))))

type Chunk = readonly { readonly text: string; readonly growth: Growth }[]

const textsOf = async (db: Database, steps: readonly FlagStep[], at: string) => {
  const targets = steps.flatMap(({ before, after }) => (before ? [] : `flag:${after.key}`))
  const created = await lastVersions(db, targets)
  return steps.map(({ before, after }) => {
    const last = before?.version ?? created.get(`flag:${after.key}`) ?? 0
    const createdAt = before?.createdAt ?? at
    const flag = { ...after, version: last + 1, createdAt, updatedAt: at } satisfies Flag
    const text = JSON.stringify({ was: before?.version ?? 0, before, after: flag })
    return { text, growth: growthOf(before, flag) }
  })
}

/**
 * Commits one chunk as one transaction, set by set: the audit rows, the flags, the snapshot version. A flag that is
 * at another version than the one that was read, or whose key an experiment has by now, is left out of both, and so is a
 * chunk for which there is no room; they are planned again.
 */
const commit = async (db: Database, chunk: Chunk, { actor, at, comment }: Editor) => {
  const steps = jsonOf(chunk)
  const isAsRead = sql`
    ifnull((SELECT version FROM feature_flag WHERE key = value ->> '$.after.key'), 0) = value ->> 'was'
    AND NOT EXISTS (SELECT 1 FROM experiment WHERE key = value ->> '$.after.key')
    AND ${hasRoomFor(sumOf(chunk.map(({ growth }) => growth)))}`
  const now = at.getTime()
  await db.batch([
    db.insert(adminAction).select(sql`
      SELECT NULL, ${now}, ${actor}, iif(value ->> 'was' = 0, 'flag.create', 'flag.update'),
             'flag:' || (value ->> '$.after.key'), nullif(value -> 'before', 'null'),
             value -> 'after', ${comment ?? null}
      FROM json_each(${steps}) WHERE ${isAsRead}`),
    db
      .insert(featureFlag)
      .select(sql`
        SELECT value ->> '$.after.key', value ->> '$.after.description',
               value ->> '$.after.enabled', value ->> '$.after.rollout',
               nullif(value -> '$.after.rules', 'null'), value ->> '$.after.killSwitch',
               value ->> '$.after.version', ${now}, ${now}
        FROM json_each(${steps}) WHERE ${isAsRead}`)
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
        },
      }),
    db
      .update(snapshotState)
      .set({ version: sql`${snapshotState.version} + 1`, updatedAt: at })
      .where(sql`changes() > 0`),
  ])
}

export const commitFlags = async (
  db: Database,
  steps: readonly FlagStep[],
  editor: Editor,
): Promise<void> => {
  for (const chunk of chunksOf(await textsOf(db, steps, editor.at.toISOString())))
    await commit(db, chunk, editor)
}
