import { asc, inArray, sql } from 'drizzle-orm'
import {
  ExperimentSettings,
  isInOrder,
  OUT_OF_ORDER,
  type Experiment,
} from '../../schema/experiment.ts'
import { MAX_EXPERIMENTS } from '../../schema/limits.ts'
import type { Issue } from '../../schema/problem.ts'
import {
  adminAction,
  assignedVariant,
  experiment,
  featureFlag,
  snapshotState,
} from '../../schema/tables.ts'
import type { ImportExperimentChange, TransferExperiment } from '../../schema/transfer.ts'
import { revise } from '../experiments/lifecycle.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import { asStored, toExperiment } from './experiments.ts'
import { chunksOf, jsonOf, lastVersions } from './transfer-steps.ts'

/** One experiment that differs from the document; before is null when it is to be created, as a draft. */
export type ExperimentStep = { readonly before: Experiment | null; readonly after: Experiment }

type Plan = { readonly steps: readonly ExperimentStep[]; readonly refusals: readonly Issue[] }

/** Every experiment, in the order of the keys. */
export const readAllExperiments = async (db: Database): Promise<Experiment[]> =>
  (await db.select().from(experiment).orderBy(asc(experiment.key))).map(toExperiment)

const settingsOf = (value: Experiment | TransferExperiment): ExperimentSettings =>
  ExperimentSettings.strip().parse(value)

const isSame = (a: Experiment, b: Experiment) => JSON.stringify(a) === JSON.stringify(b)

/** The variants that someone has, of every experiment. */
const readAssigned = async (db: Database): Promise<ReadonlyMap<string, readonly string[]>> => {
  const rows = await db
    .select({ key: assignedVariant.experimentKey, variant: assignedVariant.variant })
    .from(assignedVariant)
  const names = Map.groupBy(rows, ({ key }) => key)
  return new Map([...names].map(([key, each]) => [key, each.map(({ variant }) => variant)]))
}

const readFlagKeys = async (db: Database, keys: readonly string[]) => {
  const rows = await db
    .select({ key: featureFlag.key })
    .from(featureFlag)
    .where(inArray(featureFlag.key, sql`(SELECT value FROM json_each(${JSON.stringify(keys)}))`))
  return new Set(rows.map(({ key }) => key))
}

const toDraft = (wanted: TransferExperiment, at: string): Experiment =>
  asStored({
    key: wanted.key,
    ...settingsOf(wanted),
    status: 'DRAFT',
    launchedAt: null,
    reweightedAt: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  })

/**
 * What differs between the experiments as they are and as a document has them, and what their life cycle refuses of
 * it. What is so already is no edit, and asks nobody: an experiment that runs as the document says is left alone.
 */
export const planExperiments = async (
  db: Database,
  wanted: readonly TransferExperiment[],
  now: Date,
): Promise<Plan> => {
  if (wanted.length === 0) return { steps: [], refusals: [] }
  const current = new Map((await readAllExperiments(db)).map((each) => [each.key, each]))
  const assigned = await readAssigned(db)
  const keys = wanted.map(({ key }) => key)
  const flagKeys = await readFlagKeys(db, keys)
  const steps: ExperimentStep[] = []
  const refusals: Issue[] = []
  for (const [index, each] of wanted.entries()) {
    const refuse = (why: string) =>
      refusals.push({ path: `experiments.${index}`, message: `${each.key}: ${why}` })
    const before = current.get(each.key)
    if (flagKeys.has(each.key)) refuse('a flag has this key')
    else if (!before && !isInOrder(each)) refuse(OUT_OF_ORDER)
    else if (!before) steps.push({ before: null, after: toDraft(each, now.toISOString()) })
    else {
      const settings = settingsOf(each)
      if (isSame(asStored({ ...before, ...settings }), before)) continue
      const decision = revise(before, settings, assigned.get(each.key) ?? [], now)
      if ('refused' in decision) refuse(decision.refused)
      else steps.push({ before, after: asStored(decision.next) })
    }
  }
  const created = steps.filter(({ before }) => before === null).length
  if (created > 0 && current.size + created > MAX_EXPERIMENTS)
    refusals.push({
      path: 'experiments',
      message: `there are ${current.size} experiments, and ${MAX_EXPERIMENTS} at most: delete drafts first`,
    })
  return { steps, refusals }
}

export const toExperimentChange = ({ before, after }: ExperimentStep): ImportExperimentChange => ({
  key: after.key,
  status: after.status,
  before: before && settingsOf(before),
  after: settingsOf(after),
})

type Chunk = readonly { readonly text: string; readonly isNew: boolean }[]

const ms = (at: string | null) => (at === null ? null : Date.parse(at))

const textsOf = async (db: Database, steps: readonly ExperimentStep[], at: string) => {
  const targets = steps.flatMap(({ before, after }) => (before ? [] : `experiment:${after.key}`))
  const created = await lastVersions(db, targets)
  return steps.map(({ before, after }) => {
    const last = before?.version ?? created.get(`experiment:${after.key}`) ?? 0
    const text = JSON.stringify({
      was: before?.version ?? 0,
      before,
      after: { ...after, version: last + 1, updatedAt: at } satisfies Experiment,
      startAt: ms(after.startAt),
      stopAt: ms(after.stopAt),
      reweightedAt: ms(after.reweightedAt),
    })
    return { text, isNew: before === null }
  })
}

/**
 * What must still hold in the commit: room for those that are new, the version that was read, a key that no flag has, and variants that keep those
 * that someone has by now. The same that edits of single experiments ask, of each step of a chunk.
 */
const holds = (created: number) => sql`
  (${created} = 0 OR (SELECT count(*) FROM experiment) + ${created} <= ${MAX_EXPERIMENTS}) AND
  ifnull((SELECT version FROM experiment WHERE key = step.value ->> '$.after.key'), 0) = step.value ->> 'was'
  AND NOT EXISTS (SELECT 1 FROM feature_flag WHERE key = step.value ->> '$.after.key')
  AND (
    step.value -> '$.before.variants' IS step.value -> '$.after.variants'
    OR NOT EXISTS (
      SELECT 1 FROM assigned_variant
      WHERE experiment_key = step.value ->> '$.after.key' AND variant NOT IN (
        SELECT kept.value ->> 'name' FROM json_each(step.value, '$.after.variants') AS kept)))`

/**
 * Commits one chunk as one transaction: the audit rows, the experiments, the snapshot version. A step that does not
 * hold any more is left out of both, and is planned again. No update names the status: an import moves nothing along.
 */
const commit = async (db: Database, chunk: Chunk, { actor, at, comment }: Editor) => {
  const steps = jsonOf(chunk)
  const isSo = holds(chunk.filter(({ isNew }) => isNew).length)
  const now = at.getTime()
  await db.batch([
    db.insert(adminAction).select(sql`
      SELECT NULL, ${now}, ${actor},
             iif(step.value ->> 'was' = 0, 'experiment.create', 'experiment.update'),
             'experiment:' || (step.value ->> '$.after.key'),
             nullif(step.value -> 'before', 'null'), step.value -> 'after', ${comment ?? null}
      FROM json_each(${steps}) AS step WHERE ${isSo}`),
    db
      .insert(experiment)
      .select(sql`
        SELECT step.value ->> '$.after.key', step.value ->> '$.after.description',
               step.value -> '$.after.variants', 'DRAFT', step.value ->> 'startAt',
               step.value ->> 'stopAt', nullif(step.value -> '$.after.plan', 'null'), NULL,
               step.value ->> 'reweightedAt', step.value ->> '$.after.version', ${now}, ${now}
        FROM json_each(${steps}) AS step WHERE ${isSo}`)
      .onConflictDoUpdate({
        target: experiment.key,
        set: {
          description: sql`excluded.description`,
          variants: sql`excluded.variants`,
          startAt: sql`excluded.start_at`,
          stopAt: sql`excluded.stop_at`,
          plan: sql`excluded.plan`,
          reweightedAt: sql`excluded.reweighted_at`,
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

export const commitExperiments = async (
  db: Database,
  steps: readonly ExperimentStep[],
  editor: Editor,
): Promise<void> => {
  for (const chunk of chunksOf(await textsOf(db, steps, editor.at.toISOString())))
    await commit(db, chunk, editor)
}
