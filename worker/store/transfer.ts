import type { Issue } from '../../schema/problem.ts'
import type {
  ImportChange,
  ImportExperimentChange,
  ImportSegmentChange,
  SkippedExperiment,
  TransferDocument,
} from '../../schema/transfer.ts'
import { createChangeList, type ChangeList } from './change-list.ts'
import { commitExperiments } from './commit-experiments.ts'
import type { Database } from './database.ts'
import { readSnapshotVersion, type Editor } from './edit.ts'
import { findQuotaProblem, sumGrowth, type Growth } from './quota.ts'
import { planExperiments, toExperimentChange, type ExperimentStep } from './transfer-experiments.ts'
import {
  commitFlags,
  compareFlags,
  describeTypeChange,
  findExperimentKeys,
  measureFlagSteps,
  toFlagChange,
} from './transfer-flags.ts'
import {
  commitSegments,
  findUnknownSegments,
  measureSteps,
  planSegments,
  toSegmentChange,
  type SegmentStep,
} from './transfer-segments.ts'

const ATTEMPTS = 5

type Plan = {
  readonly outcome: 'planned'
  readonly segments: readonly SegmentStep[]
  readonly isFlagChanged: boolean
  readonly experiments: readonly ExperimentStep[]
  readonly skipped: readonly SkippedExperiment[]
}

type Refused =
  | { readonly outcome: 'keys taken'; readonly keys: string[] }
  | { readonly outcome: 'quota exceeded'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly issues: readonly Issue[] }

export type ImportOutcome =
  | {
      readonly outcome: 'done'
      readonly changes: ChangeList<ImportChange>
      readonly segmentChanges: ChangeList<ImportSegmentChange>
      readonly experimentChanges: ChangeList<ImportExperimentChange>
      readonly skipped: readonly SkippedExperiment[]
      readonly snapshotVersion: number
    }
  | Refused
  | { readonly outcome: 'contended' }

/** Plans an import. One refused item refuses the whole document. */
const plan = async (
  db: Database,
  { flags, segments = [], experiments = [] }: TransferDocument,
  now: Date,
  changes: ChangeList<ImportChange>,
): Promise<Plan | Refused> => {
  const keys = await findExperimentKeys(db, flags)
  if (keys.length > 0) return { outcome: 'keys taken', keys }
  const { steps, refusals, skipped } = await planExperiments(db, experiments, now)
  if (refusals.length > 0) return { outcome: 'refused', issues: refusals }
  const unknown = await findUnknownSegments(db, flags, segments)
  if (unknown.length > 0) return { outcome: 'refused', issues: unknown }
  const segmentSteps = await planSegments(db, segments)
  const growths: Growth[] = []
  const typeIssues: Issue[] = []
  for await (const slice of compareFlags(db, flags)) {
    if (slice.length > 0) growths.push(measureFlagSteps(slice))
    typeIssues.push(...slice.flatMap((step) => describeTypeChange(step, flags)))
    for (const step of slice) changes.add(toFlagChange(step))
  }
  if (typeIssues.length > 0) return { outcome: 'refused', issues: typeIssues }
  const reason = await findQuotaProblem(db, sumGrowth([...growths, measureSteps(segmentSteps)]))
  if (reason !== undefined) return { outcome: 'quota exceeded', reason }
  const isFlagChanged = growths.length > 0
  return { outcome: 'planned', segments: segmentSteps, isFlagChanged, experiments: steps, skipped }
}

const createLists = () => ({
  changes: createChangeList<ImportChange>(),
  segmentChanges: createChangeList<ImportSegmentChange>(),
  experimentChanges: createChangeList<ImportExperimentChange>(),
})

/** Returns what an import would change. */
export const planImport = async (
  db: Database,
  document: TransferDocument,
  now: Date,
): Promise<ImportOutcome> => {
  const lists = createLists()
  const planned = await plan(db, document, now, lists.changes)
  if (planned.outcome !== 'planned') return planned
  for (const step of planned.segments) lists.segmentChanges.add(toSegmentChange(step))
  for (const step of planned.experiments) lists.experimentChanges.add(toExperimentChange(step))
  const snapshotVersion = await readSnapshotVersion(db)
  return { outcome: 'done', ...lists, skipped: planned.skipped, snapshotVersion }
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
  const lists = createLists()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const planned = await plan(db, document, editor.at, lists.changes)
    if (planned.outcome !== 'planned') return planned
    const { segments, isFlagChanged, experiments, skipped } = planned
    if (!isFlagChanged && segments.length + experiments.length === 0) {
      const snapshotVersion = await readSnapshotVersion(db)
      return { outcome: 'done', ...lists, skipped, snapshotVersion }
    }
    for (const step of segments) lists.segmentChanges.add(toSegmentChange(step))
    for (const step of experiments) lists.experimentChanges.add(toExperimentChange(step))
    await commitExperiments(db, experiments, editor)
    // Flags may use segments of the same document.
    await commitSegments(db, segments, editor)
    if (isFlagChanged)
      for await (const slice of compareFlags(db, document.flags))
        await commitFlags(db, slice, editor)
  }
  return { outcome: 'contended' }
}
