import type { AuditAction, AuditEntry } from '../../schema/audit.ts'
import type { Flag } from '../../schema/flag.ts'
import { differences, type Difference } from './diff.ts'
import { NEW_DRAFT, toDraft, type Draft } from './draft.ts'

export const ACTIONS: Readonly<Record<AuditAction, string>> = {
  'flag.create': 'created',
  'flag.update': 'changed',
  'flag.delete': 'deleted',
  'experiment.create': 'created experiment',
  'experiment.update': 'changed experiment',
  'experiment.launch': 'launched',
  'experiment.pause': 'paused',
  'experiment.stop': 'stopped',
  'experiment.delete': 'deleted experiment',
  'key.create': 'created key',
  'key.revoke': 'revoked key',
  'user.delete': 'removed person',
  'member.create': 'added member',
  'member.update': 'changed member',
  'member.delete': 'removed member',
}

type State = AuditEntry['before']

/** A flag as the audit kept it. The audit was written by this service, from a flag that was valid then. */
const draftOf = (state: State): Draft => (state ? toDraft(state as Flag) : NEW_DRAFT)

export const isOfFlag = ({ target }: Pick<AuditEntry, 'target'>): boolean =>
  target.startsWith('flag:')

/** What an entry changed of a flag; nothing for anything else. */
export const changesOf = (entry: Pick<AuditEntry, 'target' | 'before' | 'after'>): Difference[] =>
  isOfFlag(entry) ? differences(draftOf(entry.before), draftOf(entry.after)) : []

/** What an entry is about, in words: the key of a flag, or the name of a key. */
export const subjectOf = ({ target, before, after }: AuditEntry): string => {
  const name = (after ?? before)?.name
  return typeof name === 'string' ? name : target.slice(target.indexOf(':') + 1)
}
