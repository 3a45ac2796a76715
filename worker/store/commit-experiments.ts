import { sql } from 'drizzle-orm'
import type { Experiment } from '../../schema/experiment.ts'
import { experiment } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import { fitsExperimentQuota } from './experiment-quota.ts'
import { serializePeople } from './people.ts'
import type { ExperimentStep } from './transfer-experiments.ts'
import {
  splitIntoChunks,
  commitChunk,
  isNextVersion,
  addVersions,
  toStepRows,
} from './transfer-steps.ts'

type Chunk = readonly { readonly text: string; readonly isNew: boolean }[]

const ms = (at: string | null) => (at === null ? null : Date.parse(at))

const serializeSteps = async (db: Database, steps: readonly ExperimentStep[], at: string) =>
  (await addVersions(db, 'experiment', steps, at)).map(({ was, before, after, next }) => {
    const { version, updatedAt } = next
    const text = JSON.stringify({
      was,
      before,
      after: { ...after, version, updatedAt } satisfies Experiment,
      startAt: ms(after.startAt),
      stopAt: ms(after.stopAt),
      reweightedAt: ms(after.reweightedAt),
      ...serializePeople(after),
    })
    return { text, isNew: before === null }
  })

/**
 * The guard of each step in the commit, as for a single edit: new experiments fit the limit, the version is the one that
 * was read, no flag has the key, and no variant with assignments is removed.
 */
const stillHolds = (created: number) => sql`
  ${fitsExperimentQuota({ open: created, listed: created })} AND
  ifnull((SELECT version FROM experiment WHERE key = step.value ->> '$.after.key'), 0) = step.value ->> 'was'
  AND ${isNextVersion('experiment')}
  AND NOT EXISTS (SELECT 1 FROM feature_flag WHERE key = step.value ->> '$.after.key')
  AND (
    step.value -> '$.before.variants' IS step.value -> '$.after.variants'
    OR NOT EXISTS (
      SELECT 1 FROM assigned_variant
      WHERE experiment_key = step.value ->> '$.after.key' AND variant NOT IN (
        SELECT kept.value ->> 'name' FROM json_each(step.value, '$.after.variants') AS kept)))`

/** Commits a chunk. The status is never updated: an import does not launch, pause or stop. */
const commit = (db: Database, chunk: Chunk, editor: Editor): Promise<void> => {
  const created = chunk.filter(({ isNew }) => isNew).length
  const steps = sql`${toStepRows(chunk)} WHERE ${stillHolds(created)}`
  const now = editor.at.getTime()
  const change = db
    .insert(experiment)
    .select(sql`
      SELECT step.value ->> '$.after.key', step.value ->> '$.after.description',
             step.value -> '$.after.variants', 'DRAFT', step.value ->> 'startAt',
             step.value ->> 'stopAt', nullif(step.value -> '$.after.plan', 'null'), NULL,
             step.value ->> 'reweightedAt', step.value ->> '$.after.version', ${now}, ${now},
             step.value ->> '$.after.owner', NULL, NULL, NULL,
             step.value ->> 'testers', step.value ->> 'leftOut'
      FROM ${steps}`)
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
        testers: sql`excluded.testers`,
        leftOut: sql`excluded.left_out`,
      },
    })
  return commitChunk(db, editor, 'experiment', steps, change)
}

export const commitExperiments = async (
  db: Database,
  steps: readonly ExperimentStep[],
  editor: Editor,
): Promise<void> => {
  for (const chunk of splitIntoChunks(await serializeSteps(db, steps, editor.at.toISOString())))
    await commit(db, chunk, editor)
}
