import type { AuditAction, AuditEntry } from '../../schema/audit.ts'
import type { Experiment } from '../../schema/experiment.ts'
import type { Flag } from '../../schema/flag.ts'
import type { Role } from '../../schema/key.ts'
import { experimentPath, flagPath } from '../page-table.ts'
import { findDifferences, type Difference } from './diff.ts'
import { toDraftOrNew } from './draft.ts'
import { findExperimentDifferences } from './experiment-diff.ts'

type Verb = AuditAction extends `${string}.${infer Last}` ? Last : never

const VERBS: Readonly<Record<Verb, string>> = {
  create: 'created',
  update: 'changed',
  delete: 'deleted',
  break_glass: 'broke the glass to switch off',
  launch: 'launched',
  pause: 'paused',
  stop: 'stopped',
  revoke: 'revoked',
}

const splitAction = (action: AuditAction) => action.split('.') as [noun: string, verb: Verb]

/** "changed", of a flag, which are most; else "changed experiment". */
export const describeAction = (action: AuditAction): string => {
  const [noun, verb] = splitAction(action)
  return noun === 'flag' ? VERBS[verb] : `${VERBS[verb]} ${noun}`
}

type State = AuditEntry['before']

/** A flag as the audit kept it. The audit was written by this service, from a flag that was valid then. */
const asFlag = (state: State) => state as Flag | null

/** An experiment as the audit kept it, likewise. */
const asExperiment = (state: State) => state as Experiment | null

const isAboutFlag = ({ target }: Pick<AuditEntry, 'target'>): boolean => target.startsWith('flag:')

export const isAboutExperiment = ({ target }: Pick<AuditEntry, 'target'>): boolean =>
  target.startsWith('experiment:')

/** What an entry changed of a flag or an experiment; nothing for anything else. */
export const listChanges = (
  entry: Pick<AuditEntry, 'target' | 'before' | 'after'>,
): Difference[] => {
  const { before, after } = entry
  if (isAboutFlag(entry))
    return findDifferences(toDraftOrNew(asFlag(before)), toDraftOrNew(asFlag(after)))
  if (isAboutExperiment(entry))
    return findExperimentDifferences(asExperiment(before), asExperiment(after))
  return []
}

/** What an entry is about, in words: the key of a flag or an experiment, or the name of a key. */
export const describeSubject = ({ target, before, after }: AuditEntry): string => {
  const name = (after ?? before)?.name
  return typeof name === 'string' ? name : target.slice(target.indexOf(':') + 1)
}

/** Where what an entry is about has its page; null when it has none. */
export const subjectPath = (entry: AuditEntry): string | null => {
  if (isAboutExperiment(entry)) return experimentPath(describeSubject(entry))
  return isAboutFlag(entry) ? flagPath(describeSubject(entry)) : null
}

/** The role that reverting an entry takes; null when it cannot be reverted: what users met, an edit does not undo. */
export const getRevertRole = (entry: AuditEntry): Role | null => {
  const [, verb] = splitAction(entry.action)
  if (!isAboutFlag(entry) && !isAboutExperiment(entry)) return null
  if (verb === 'create') return 'admin'
  return ['update', 'delete', 'break_glass'].includes(verb) ? 'editor' : null
}
