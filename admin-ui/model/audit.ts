import type { AuditAction, AuditEntry } from '../../schema/audit.ts'
import type { Experiment } from '../../schema/experiment.ts'
import type { Flag } from '../../schema/flag.ts'
import type { Role } from '../../schema/key.ts'
import type { Segment } from '../../schema/segment.ts'
import { experimentPath, flagPath, segmentPath } from '../page-table.ts'
import { findDifferences, type Difference } from './diff.ts'
import { toDraftOrNew } from './draft.ts'
import { findExperimentDifferences } from './experiment-diff.ts'
import { findSegmentDifferences, toSegmentDraftOrNew } from './segment-draft.ts'

type Verb = AuditAction extends `${string}.${infer Last}` ? Last : never

const VERBS: Readonly<Record<Verb, string>> = {
  create: 'created',
  update: 'changed',
  delete: 'deleted',
  break_glass: 'used break-glass to switch off',
  launch: 'launched',
  pause: 'paused',
  stop: 'stopped',
  archive: 'archived',
  unarchive: 'brought back',
  download: 'downloaded the rows of',
  revoke: 'revoked',
}

const splitAction = (action: AuditAction) => action.split('.') as [noun: string, verb: Verb]

/** Says "changed" for a flag, the usual target, and "changed experiment" for others. */
export const describeAction = (action: AuditAction): string => {
  const [noun, verb] = splitAction(action)
  return noun === 'flag' ? VERBS[verb] : `${VERBS[verb]} ${noun}`
}

type State = AuditEntry['before']

/** This service wrote the audit from a valid flag, so the state needs no second validation. */
const asFlag = (state: State) => state as Flag | null

/** The same for an experiment. */
const asExperiment = (state: State) => state as Experiment | null

const asSegment = (state: State) => state as Segment | null

const isAboutFlag = ({ target }: Pick<AuditEntry, 'target'>): boolean => target.startsWith('flag:')

const isAboutSegment = ({ target }: Pick<AuditEntry, 'target'>): boolean =>
  target.startsWith('segment:')

export const isAboutExperiment = ({ target }: Pick<AuditEntry, 'target'>): boolean =>
  target.startsWith('experiment:')

/** Lists what an entry changed in a flag, a segment or an experiment. Empty for other targets. */
export const listChanges = (
  entry: Pick<AuditEntry, 'target' | 'before' | 'after'>,
): Difference[] => {
  const { before, after } = entry
  if (isAboutFlag(entry))
    return findDifferences(toDraftOrNew(asFlag(before)), toDraftOrNew(asFlag(after)))
  if (isAboutSegment(entry))
    return findSegmentDifferences(
      toSegmentDraftOrNew(asSegment(before)),
      toSegmentDraftOrNew(asSegment(after)),
    )
  if (isAboutExperiment(entry))
    return findExperimentDifferences(asExperiment(before), asExperiment(after))
  return []
}

/** Names the target of an entry: the key of a flag or experiment, or the name of an API key. */
export const describeSubject = ({ target, before, after }: AuditEntry): string => {
  const name = (after ?? before)?.name
  return typeof name === 'string' ? name : target.slice(target.indexOf(':') + 1)
}

/** Returns the page of the target, or null when it has none. */
export const subjectPath = (entry: AuditEntry): string | null => {
  if (isAboutExperiment(entry)) return experimentPath(describeSubject(entry))
  if (isAboutSegment(entry)) return segmentPath(describeSubject(entry))
  return isAboutFlag(entry) ? flagPath(describeSubject(entry)) : null
}

/** Returns the role that a revert needs. Null for steps that users saw, such as a launch: no edit undoes them. */
export const getRevertRole = (entry: AuditEntry): Role | null => {
  const [, verb] = splitAction(entry.action)
  if (![isAboutFlag, isAboutSegment, isAboutExperiment].some((isAbout) => isAbout(entry)))
    return null
  if (verb === 'create') return 'admin'
  return ['update', 'delete', 'break_glass'].includes(verb) ? 'editor' : null
}
