import type { Issue } from '../../schema/problem.ts'
import type {
  ImportChange,
  ImportExperimentChange,
  TransferDocument,
} from '../../schema/transfer.ts'
import { commitExperiments } from './commit-experiments.ts'
import type { Database } from './database.ts'
import { readSnapshotVersion, type Editor } from './edit.ts'
import { planExperiments, toExperimentChange, type ExperimentStep } from './transfer-experiments.ts'
import {
  commitFlags,
  describeTypeChange,
  planFlags,
  findFlagQuotaProblem,
  findExperimentKeys,
  toFlagChange,
  type FlagStep,
} from './transfer-flags.ts'

const ATTEMPTS = 5

type Plan = {
  readonly outcome: 'planned'
  readonly flags: readonly FlagStep[]
  readonly experiments: readonly ExperimentStep[]
}

type Refused =
  | { readonly outcome: 'keys taken'; readonly keys: string[] }
  | { readonly outcome: 'quota exceeded'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly issues: readonly Issue[] }

export type ImportOutcome =
  | {
      readonly outcome: 'done'
      readonly changes: ImportChange[]
      readonly experimentChanges: ImportExperimentChange[]
      readonly snapshotVersion: number
    }
  | Refused
  | { readonly outcome: 'contended' }

/** Plans an import. One refused item refuses the whole document. */
const plan = async (
  db: Database,
  { flags, experiments = [] }: TransferDocument,
  now: Date,
): Promise<Plan | Refused> => {
  const keys = await findExperimentKeys(db, flags)
  if (keys.length > 0) return { outcome: 'keys taken', keys }
  const { steps, refusals } = await planExperiments(db, experiments, now)
  if (refusals.length > 0) return { outcome: 'refused', issues: refusals }
  const flagSteps = await planFlags(db, flags)
  const typeIssues = flagSteps.flatMap(describeTypeChange)
  if (typeIssues.length > 0) return { outcome: 'refused', issues: typeIssues }
  const reason = await findFlagQuotaProblem(db, flagSteps)
  if (reason !== undefined) return { outcome: 'quota exceeded', reason }
  return { outcome: 'planned', flags: flagSteps, experiments: steps }
}

/** Returns what an import would change. */
export const planImport = async (
  db: Database,
  document: TransferDocument,
  now: Date,
): Promise<ImportOutcome> => {
  const planned = await plan(db, document, now)
  if (planned.outcome !== 'planned') return planned
  return {
    outcome: 'done',
    changes: planned.flags.map(toFlagChange),
    experimentChanges: planned.experiments.map(toExperimentChange),
    snapshotVersion: await readSnapshotVersion(db),
  }
}

/**
 * Imports a document, changing only what differs. Each chunk is one transaction: after a failure half-way, each flag and
 * experiment is whole, and repeating the import completes it. Refusals are known before the first write, except for edits
 * of others in the same moment.
 */
export const importDocument = async (
  db: Database,
  document: TransferDocument,
  editor: Editor,
): Promise<ImportOutcome> => {
  const changes = new Map<string, ImportChange>()
  const experimentChanges = new Map<string, ImportExperimentChange>()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const planned = await plan(db, document, editor.at)
    if (planned.outcome !== 'planned') return planned
    const { flags, experiments } = planned
    if (flags.length + experiments.length === 0)
      return {
        outcome: 'done',
        changes: [...changes.values()],
        experimentChanges: [...experimentChanges.values()],
        snapshotVersion: await readSnapshotVersion(db),
      }
    for (const step of flags) changes.set(step.after.key, toFlagChange(step))
    for (const step of experiments) experimentChanges.set(step.after.key, toExperimentChange(step))
    await commitExperiments(db, experiments, editor)
    await commitFlags(db, flags, editor)
  }
  return { outcome: 'contended' }
}
