import type { AuditAction, AuditEntry } from '../../schema/audit.ts'
import { ExperimentSettings } from '../../schema/experiment.ts'
import { FlagSettings } from '../../schema/flag.ts'
import { Problem } from '../http/problem.ts'

/** What a change replaced; settings are null when there was nothing before it. */
export type Former =
  | { readonly kind: 'flag'; readonly key: string; readonly settings: FlagSettings | null }
  | {
      readonly kind: 'experiment'
      readonly key: string
      readonly settings: ExperimentSettings | null
    }

/** What happened to users cannot be taken back by an edit; what to do about it is said instead. */
const INSTEAD: Partial<Record<AuditAction, string>> = {
  'experiment.launch': 'a launch cannot be reverted: pause or stop the experiment instead',
  'experiment.pause': 'a pause cannot be reverted: launch the experiment again instead',
  'experiment.stop':
    'a stop is for good and cannot be reverted: create a new experiment with these settings instead',
  'key.create': 'the creation of a key cannot be reverted: revoke the key instead',
  'key.revoke': 'a revocation cannot be reverted: create a new key instead',
}

/** The key and the settings that a reversion of this change brings back. */
export const formerOf = ({ action, target, before }: AuditEntry): Former => {
  const instead = INSTEAD[action]
  if (instead !== undefined) throw new Problem('CONFLICT', instead)
  const key = target.slice(target.indexOf(':') + 1)
  if (action.startsWith('flag.')) {
    const { success, data } = FlagSettings.strip().nullable().safeParse(before)
    if (success) return { kind: 'flag', key, settings: data }
  } else if (action.startsWith('experiment.')) {
    const { success, data } = ExperimentSettings.strip().nullable().safeParse(before)
    if (success) return { kind: 'experiment', key, settings: data }
  }
  throw new Problem('CONFLICT', `${action} cannot be reverted`)
}

/** The state that a change left: as long as that stands, nothing newer is overwritten. */
export const leftBy = ({ after }: AuditEntry) =>
  after === null ? ('absent' as const) : { version: Number(after.version) }

/** Refused for now only: the issue names what would have it done all the same. */
export const changedAgain = (what: 'flag' | 'experiment', id: number): Problem =>
  new Problem('CONFLICT', `the ${what} was changed again after #${id}`, {
    issues: [{ path: 'force', message: '`true` reverts it all the same' }],
  })
