import { utf8ToBytes } from '@noble/hashes/utils.js'
import { asc, inArray, sql } from 'drizzle-orm'
import { FlagSettings, type Flag } from '../../schema/flag.ts'
import { adminAction, experiment, featureFlag, snapshotState } from '../../schema/tables.ts'
import type { ImportChange, TransferFlag } from '../../schema/transfer.ts'
import type { Database } from './database.ts'
import { readSnapshotVersion, type Editor } from './edit.ts'
import { growthOf, toFlag } from './flags.ts'
import { hasRoomFor, refusalOf, type Growth } from './room.ts'

/** Below the 2 MB that D1 takes in one parameter, with a flag of the largest size to spare. */
const CHUNK_BYTES = 1_000_000

const ATTEMPTS = 5

type Step = { readonly before: Flag | null; readonly after: TransferFlag }

/** Every flag, in the order of the keys. */
export const readAllFlags = async (db: Database): Promise<Flag[]> =>
  (await db.select().from(featureFlag).orderBy(asc(featureFlag.key))).map(toFlag)

const settingsOf = (flag: Flag | TransferFlag) => FlagSettings.strip().parse(flag)

const isSame = (a: Flag, b: TransferFlag) =>
  JSON.stringify(settingsOf(a)) === JSON.stringify(settingsOf(b))

/** What differs between the flags as they are and as a document has them. A flag it does not name stays. */
const plan = async (db: Database, wanted: readonly TransferFlag[]): Promise<Step[]> => {
  const current = new Map((await readAllFlags(db)).map((flag) => [flag.key, flag]))
  return wanted
    .map((after) => ({ before: current.get(after.key) ?? null, after }))
    .filter(({ before, after }) => before === null || !isSame(before, after))
}

const toChange = ({ before, after }: Step): ImportChange => ({
  key: after.key,
  before: before && settingsOf(before),
  after: settingsOf(after),
})

/** A flag that is created again goes on counting where it stopped; by target, in one read. */
const lastVersions = async (db: Database, keys: readonly string[]) => {
  const targets = sql`(SELECT 'flag:' || value FROM json_each(${JSON.stringify(keys)}))`
  const rows = await db
    .select({
      target: adminAction.target,
      last: sql<number | null>`max(json_extract(${adminAction.before}, '$.version'))`,
    })
    .from(adminAction)
    .where(inArray(adminAction.target, targets))
    .groupBy(adminAction.target)
  return new Map(rows.map(({ target, last }) => [target, last ?? 0]))
}

const sum = (a: Growth, b: Growth): Growth => ({
  flags: a.flags + b.flags,
  bytes: a.bytes + b.bytes,
})

/** The steps as JSON texts, cut into chunks that fit into a parameter. */
const chunksOf = (steps: readonly Step[], created: ReadonlyMap<string, number>, at: string) => {
  const chunks: { texts: string[]; growth: Growth }[] = []
  let room = 0
  for (const { before, after } of steps) {
    const last = before?.version ?? created.get(`flag:${after.key}`) ?? 0
    const createdAt = before?.createdAt ?? at
    const flag = { ...after, version: last + 1, createdAt, updatedAt: at } satisfies Flag
    const text = JSON.stringify({ was: before?.version ?? 0, before, after: flag })
    const growth = growthOf(before, flag)
    const size = utf8ToBytes(text).length
    if (chunks.length === 0 || size > room) {
      chunks.push({ texts: [], growth: { flags: 0, bytes: 0 } })
      room = CHUNK_BYTES
    }
    const chunk = chunks.at(-1)
    chunk?.texts.push(text)
    if (chunk) chunk.growth = sum(chunk.growth, growth)
    room -= size
  }
  return chunks.map(({ texts, growth }) => ({ steps: `[${texts.join(',')}]`, growth }))
}

type Chunk = { readonly steps: string; readonly growth: Growth }

/**
 * Commits one chunk as one transaction, set by set: the audit rows, the flags, the snapshot version. A flag that is
 * at another version than the one that was read is left out of both, and is planned again.
 */
const commit = async (db: Database, chunk: Chunk, { actor, at, comment }: Editor) => {
  const { steps, growth } = chunk
  const isAsRead = sql`
    ifnull((SELECT version FROM feature_flag WHERE key = value ->> '$.after.key'), 0) = value ->> 'was'
    AND ${hasRoomFor(growth)}`
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

export type ImportOutcome =
  | { readonly outcome: 'done'; readonly changes: ImportChange[]; readonly snapshotVersion: number }
  | { readonly outcome: 'keys taken'; readonly keys: string[] }
  | { readonly outcome: 'no room'; readonly reason: string }
  | { readonly outcome: 'contended' }

/** Those keys that experiments have: a key names a flag or an experiment, never both. */
const takenOf = async (db: Database, wanted: readonly TransferFlag[]): Promise<string[]> => {
  const keys = JSON.stringify(wanted.map(({ key }) => key))
  const rows = await db
    .select({ key: experiment.key })
    .from(experiment)
    .where(inArray(experiment.key, sql`(SELECT value FROM json_each(${keys}))`))
  return rows.map(({ key }) => key)
}

/** What refuses an import before anything is written. */
const refuse = async (
  db: Database,
  steps: readonly Step[],
): Promise<Extract<ImportOutcome, { outcome: 'no room' }> | undefined> => {
  const growth = steps.reduce((all, { before, after }) => sum(all, growthOf(before, after)), {
    flags: 0,
    bytes: 0,
  })
  const reason = await refusalOf(db, growth)
  return reason === undefined ? undefined : { outcome: 'no room', reason }
}

/** What an import would change. */
export const planImport = async (
  db: Database,
  wanted: readonly TransferFlag[],
): Promise<ImportOutcome> => {
  const keys = await takenOf(db, wanted)
  if (keys.length > 0) return { outcome: 'keys taken', keys }
  const steps = await plan(db, wanted)
  const refusal = await refuse(db, steps)
  if (refusal) return refusal
  const changes = steps.map(toChange)
  return { outcome: 'done', changes, snapshotVersion: await readSnapshotVersion(db) }
}

/**
 * Makes the flags what the document says, changing only what differs. Each chunk is one transaction, so a failure
 * half-way leaves whole flags, and the same import again does the rest.
 */
export const importFlags = async (
  db: Database,
  wanted: readonly TransferFlag[],
  editor: Editor,
): Promise<ImportOutcome> => {
  const keys = await takenOf(db, wanted)
  if (keys.length > 0) return { outcome: 'keys taken', keys }
  const changes = new Map<string, ImportChange>()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const steps = await plan(db, wanted)
    if (steps.length === 0) {
      const snapshotVersion = await readSnapshotVersion(db)
      return { outcome: 'done', changes: [...changes.values()], snapshotVersion }
    }
    const refusal = await refuse(db, steps)
    if (refusal) return refusal
    for (const step of steps) changes.set(step.after.key, toChange(step))
    const newKeys = steps.flatMap(({ before, after }) => (before ? [] : after.key))
    const created = await lastVersions(db, newKeys)
    for (const chunk of chunksOf(steps, created, editor.at.toISOString()))
      await commit(db, chunk, editor)
  }
  return { outcome: 'contended' }
}
