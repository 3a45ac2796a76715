import { and, eq, lte, sql } from 'drizzle-orm'
import type { AuditAction } from '../../schema/audit.ts'
import type { Experiment, ExperimentCreation } from '../../schema/experiment.ts'
import { isSameVariants } from '../../schema/same-variants.ts'
import { assignedVariant, experiment } from '../../schema/tables.ts'
import { findNextFact, MAX_LAUNCHES, type Fact } from '../experiments/history.ts'
import { addHistory } from '../experiments/add-history.ts'
import type { Database } from './database.ts'
import { deleteResults, KEY_WAS_DELETED, wasDeleted } from './delete-experiment.ts'
import { commitEdit, readSnapshotVersion, type Editor } from './edit.ts'
import { findExperimentQuotaProblem, fitsExperimentQuota } from './experiment-quota.ts'
import { DRAFT_STATE, normalizeExperiment, toExperiment, toRow } from './experiment-row.ts'
import { insertFact, readHistory } from './history.ts'
import { insertIf } from './insert-if.ts'
import { isKeyTaken } from './key-namespace.ts'
import { selectLastVersion, readLastVersion } from './last-version.ts'
import { checkPeopleQuota } from './people.ts'

export type ExperimentResult =
  | {
      readonly outcome: 'done'
      readonly experiment: Experiment | null
      readonly snapshotVersion: number
    }
  | { readonly outcome: 'not found' | 'contended' | 'key taken' }
  | { readonly outcome: 'precondition failed'; readonly current: Experiment }
  | { readonly outcome: 'refused'; readonly reason: string }

/** One edit wins each round of a race, so this many concurrent edits of one experiment all succeed. */
const ATTEMPTS = 25

export const getExperiment = async (db: Database, key: string): Promise<Experiment | null> => {
  const [row] = await db.select().from(experiment).where(eq(experiment.key, key))
  return row ? toExperiment(row) : null
}

/** The experiment with what happened to it. */
export const getExperimentWithHistory = async (
  db: Database,
  key: string,
): Promise<Experiment | null> => {
  const [found, history] = await Promise.all([getExperiment(db, key), readHistory(db, key)])
  return found && addHistory(found, history)
}

/** The keys of running experiments whose stopAt has come. */
export const listDueToStop = async (db: Database, now: Date): Promise<string[]> => {
  const rows = await db
    .select({ key: experiment.key })
    .from(experiment)
    .where(and(eq(experiment.status, 'RUNNING'), lte(experiment.stopAt, now)))
  return rows.map(({ key }) => key)
}

/** The names of variants with assignments. */
export const listAssignedVariants = async (db: Database, key: string): Promise<string[]> => {
  const rows = await db
    .select({ variant: assignedVariant.variant })
    .from(assignedVariant)
    .where(eq(assignedVariant.experimentKey, key))
  return rows.map(({ variant }) => variant)
}

const experimentTarget = (key: string) => `experiment:${key}`

/** Creates a draft. */
export const createExperiment = async (
  db: Database,
  editor: Editor,
  settings: Omit<ExperimentCreation, 'comment'>,
): Promise<ExperimentResult> => {
  if (await isKeyTaken(db, settings.key)) return { outcome: 'key taken' }
  if (await wasDeleted(db, settings.key)) return { outcome: 'refused', reason: KEY_WAS_DELETED }
  const at = editor.at.toISOString()
  const target = experimentTarget(settings.key)
  const last = await readLastVersion(db, target)
  const created = normalizeExperiment({
    ...settings,
    ...DRAFT_STATE,
    owner: settings.owner === undefined ? editor.actor : settings.owner,
    version: last + 1,
    createdAt: at,
    updatedAt: at,
  })
  const quota = await checkPeopleQuota(db, settings.key, null, created, editor.at)
  if ('problem' in quota) return { outcome: 'refused', reason: quota.problem }
  const guard = sql`${fitsExperimentQuota({ open: 1, listed: 1 })} AND ${selectLastVersion(target)} = ${last}
    AND ${quota.guard ?? sql`true`}`
  const snapshotVersion = await commitEdit(
    db,
    insertIf(db, experiment, toRow(created), guard),
    editor,
    { action: 'experiment.create', target, before: null, after: created },
  )
  if (snapshotVersion !== null) return { outcome: 'done', experiment: created, snapshotVersion }
  const reason = await findExperimentQuotaProblem(db, { open: 1, listed: 1 })
  if (reason !== undefined) return { outcome: 'refused', reason }
  return { outcome: (await isKeyTaken(db, created.key)) ? 'key taken' : 'contended' }
}

type Edit = {
  readonly key: string
  readonly action: AuditAction
  /** The version that the caller requires, if the edit is conditional. */
  readonly version: number | undefined
  /** From the current experiment to the next; null deletes it. */
  readonly decide: (
    current: Experiment,
    assignedVariants: readonly string[],
  ) => { readonly next: Experiment | null } | { readonly refused: string }
  /** Whether a launch begins a phase that alone counts. */
  readonly startsOver?: boolean | undefined
}

/**
 * Whether every variant with assignments stays. Checked again in the commit, because assignments keep arriving. Only for
 * edits of the variants: a late assignment of a removed variant must not prevent a pause or a stop.
 */
const keepsAssignedVariants = ({ key, variants }: Experiment) => sql`NOT EXISTS (
  SELECT 1 FROM ${assignedVariant}
  WHERE ${assignedVariant.experimentKey} = ${key}
    AND ${assignedVariant.variant} NOT IN (
      SELECT value FROM json_each(${JSON.stringify(variants.map(({ name }) => name))})))`

const TOO_MANY_LAUNCHES = `it was launched ${MAX_LAUNCHES} times, which is the limit: stop it, and create another one`

const hasRoom = (history: readonly Fact[], { kind }: Fact) =>
  kind !== 'launch' || history.filter((fact) => fact.kind === 'launch').length < MAX_LAUNCHES

const measureGrowth = (before: Experiment, after: Experiment) => ({
  open: Number(after.status !== 'STOPPED') - Number(before.status !== 'STOPPED'),
  listed: Number(after.archivedAt === null) - Number(before.archivedAt === null),
})

/**
 * Edits an experiment: reads it, lets `decide` return the next state, and commits that if the version is still the same.
 * Retries from the read if another edit was faster. An edit that changes nothing writes nothing.
 */
export const editExperiment = async (
  db: Database,
  editor: Editor,
  { key, action, version, decide, startsOver }: Edit,
): Promise<ExperimentResult> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await getExperiment(db, key)
    if (!before) return { outcome: 'not found' }
    if (version !== undefined && before.version !== version)
      return { outcome: 'precondition failed', current: before }
    const [assigned, history] = await Promise.all([
      listAssignedVariants(db, key),
      readHistory(db, key),
    ])
    const decision = decide(before, assigned)
    if ('refused' in decision) return { outcome: 'refused', reason: decision.refused }
    const next = decision.next && normalizeExperiment(decision.next)
    if (next && JSON.stringify(next) === JSON.stringify(before))
      return {
        outcome: 'done',
        experiment: addHistory(before, history),
        snapshotVersion: await readSnapshotVersion(db),
      }
    const after = next && {
      ...next,
      version: before.version + 1,
      updatedAt: editor.at.toISOString(),
    }
    const fact = after && findNextFact(before, after, history, editor.at.getTime(), startsOver)
    if (fact && !hasRoom(history, fact)) return { outcome: 'refused', reason: TOO_MANY_LAUNCHES }
    const growth = after ? measureGrowth(before, after) : { open: -1, listed: -1 }
    const full = await findExperimentQuotaProblem(db, growth)
    if (full !== undefined) return { outcome: 'refused', reason: full }
    // The lists of a stopped experiment may have left the snapshot, so a new run must have room for them.
    const counted = growth.open > 0 ? null : before
    const quota = await checkPeopleQuota(db, key, counted, after, editor.at)
    if ('problem' in quota) return { outcome: 'refused', reason: quota.problem }
    const guard = and(
      eq(experiment.key, key),
      eq(experiment.version, before.version),
      fitsExperimentQuota(growth),
      quota.guard,
    )
    const change = after
      ? db
          .update(experiment)
          .set(toRow(after))
          .where(
            and(guard, isSameVariants(before, after) ? undefined : keepsAssignedVariants(after)),
          )
      : db.delete(experiment).where(guard)
    const audit = { action, target: experimentTarget(key), before, after }
    const more = fact ? [insertFact(db, key, fact)] : []
    const lost = !after && before.launchedAt !== null ? deleteResults(db, key, editor.at) : []
    const snapshotVersion = await commitEdit(db, change, editor, audit, [...more, ...lost])
    if (snapshotVersion !== null)
      return {
        outcome: 'done',
        experiment: after && addHistory(after, fact ? [...history, fact] : history),
        snapshotVersion,
      }
  }
  return { outcome: 'contended' }
}
