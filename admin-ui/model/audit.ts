import type { AuditAction, AuditEntry } from '../../schema/audit.ts'
import type { Experiment } from '../../schema/experiment.ts'
import type { Flag } from '../../schema/flag.ts'
import type { Role } from '../../schema/key.ts'
import { experimentPath, flagPath } from '../page-table.ts'
import { differences, type Difference } from './diff.ts'
import { draftOf } from './draft.ts'
import { experimentDifferences } from './experiment-diff.ts'

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

const partsOf = (action: AuditAction) => action.split('.') as [noun: string, verb: Verb]

/** "changed", of a flag, which are most; else "changed experiment". */
export const actionInWords = (action: AuditAction): string => {
  const [noun, verb] = partsOf(action)
  return noun === 'flag' ? VERBS[verb] : `${VERBS[verb]} ${noun}`
}

type State = AuditEntry['before']

/** A flag as the audit kept it. The audit was written by this service, from a flag that was valid then. */
const flagOf = (state: State) => state as Flag | null

/** An experiment as the audit kept it, likewise. */
const experimentOf = (state: State) => state as Experiment | null

const isOfFlag = ({ target }: Pick<AuditEntry, 'target'>): boolean => target.startsWith('flag:')

export const isOfExperiment = ({ target }: Pick<AuditEntry, 'target'>): boolean =>
  target.startsWith('experiment:')

/** What an entry changed of a flag or an experiment; nothing for anything else. */
export const changesOf = (entry: Pick<AuditEntry, 'target' | 'before' | 'after'>): Difference[] => {
  const { before, after } = entry
  if (isOfFlag(entry)) return differences(draftOf(flagOf(before)), draftOf(flagOf(after)))
  if (isOfExperiment(entry)) return experimentDifferences(experimentOf(before), experimentOf(after))
  return []
}

/** What an entry is about, in words: the key of a flag or an experiment, or the name of a key. */
export const subjectOf = ({ target, before, after }: AuditEntry): string => {
  const name = (after ?? before)?.name
  return typeof name === 'string' ? name : target.slice(target.indexOf(':') + 1)
}

/** Where what an entry is about has its page; null when it has none. */
export const pageOf = (entry: AuditEntry): string | null => {
  if (isOfExperiment(entry)) return experimentPath(subjectOf(entry))
  return isOfFlag(entry) ? flagPath(subjectOf(entry)) : null
}

/** The role that reverting an entry takes; null when it cannot be reverted: what users met, an edit does not undo. */
export const roleToRevert = (entry: AuditEntry): Role | null => {
  const [, verb] = partsOf(entry.action)
  if (!isOfFlag(entry) && !isOfExperiment(entry)) return null
  if (verb === 'create') return 'admin'
  return ['update', 'delete', 'break_glass'].includes(verb) ? 'editor' : null
}
