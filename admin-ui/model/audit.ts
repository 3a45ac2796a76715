import type { AuditAction, AuditEntry } from '../../schema/audit.ts'
import type { Experiment } from '../../schema/experiment.ts'
import type { Flag } from '../../schema/flag.ts'
import type { Role } from '../../schema/key.ts'
import { addressOf } from '../router.ts'
import { differences, type Difference } from './diff.ts'
import { NEW_DRAFT, toDraft, type Draft } from './draft.ts'
import { experimentDifferences } from './experiment-diff.ts'

export const ACTIONS: Readonly<Record<AuditAction, string>> = {
  'flag.create': 'created',
  'flag.update': 'changed',
  'flag.delete': 'deleted',
  'flag.break_glass': 'switched off, breaking the glass,',
  'experiment.create': 'created experiment',
  'experiment.update': 'changed experiment',
  'experiment.launch': 'launched',
  'experiment.pause': 'paused',
  'experiment.stop': 'stopped',
  'experiment.delete': 'deleted experiment',
  'key.create': 'created key',
  'key.update': 'changed key',
  'key.revoke': 'revoked key',
  'user.delete': 'removed person',
  'member.create': 'added member',
  'member.update': 'changed member',
  'member.delete': 'removed member',
}

type State = AuditEntry['before']

/** A flag as the audit kept it. The audit was written by this service, from a flag that was valid then. */
const draftOf = (state: State): Draft => (state ? toDraft(state as Flag) : NEW_DRAFT)

/** An experiment as the audit kept it, likewise. */
const experimentOf = (state: State) => state as Experiment | null

const isOfFlag = ({ target }: Pick<AuditEntry, 'target'>): boolean => target.startsWith('flag:')

export const isOfExperiment = ({ target }: Pick<AuditEntry, 'target'>): boolean =>
  target.startsWith('experiment:')

/** What an entry changed of a flag or an experiment; nothing for anything else. */
export const changesOf = (entry: Pick<AuditEntry, 'target' | 'before' | 'after'>): Difference[] => {
  const { before, after } = entry
  if (isOfFlag(entry)) return differences(draftOf(before), draftOf(after))
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
  if (isOfExperiment(entry)) return addressOf(subjectOf(entry))
  return isOfFlag(entry) ? `/settings/flags/${subjectOf(entry)}` : null
}

const CREATIONS: readonly AuditAction[] = ['flag.create', 'experiment.create']
const EDITS: readonly AuditAction[] = [
  'flag.update',
  'flag.delete',
  'flag.break_glass',
  'experiment.update',
  'experiment.delete',
]

/** The role that reverting an entry takes; null when it cannot be reverted: what users met, an edit does not undo. */
export const roleToRevert = ({ action }: AuditEntry): Role | null => {
  if (CREATIONS.includes(action)) return 'admin'
  return EDITS.includes(action) ? 'editor' : null
}
