import type { AuditAction, AuditEntry } from '../../schema/audit.ts'
import { RestorableExperiment } from '../../schema/experiment.ts'
import { FlagSettings } from '../../schema/flag.ts'
import { SegmentSettings } from '../../schema/segment.ts'
import { Problem } from '../http/problem.ts'

/** The state before a change. Settings are null when the change created the thing. */
export type Former =
  | { readonly kind: 'flag'; readonly key: string; readonly settings: FlagSettings | null }
  | { readonly kind: 'segment'; readonly key: string; readonly settings: SegmentSettings | null }
  | {
      readonly kind: 'experiment'
      readonly key: string
      readonly settings: RestorableExperiment | null
    }

/** An edit cannot undo an effect on users, so the error names the next step. */
const INSTEAD: Partial<Record<AuditAction, string>> = {
  'experiment.launch': 'a launch cannot be reverted: pause or stop the experiment instead',
  'experiment.pause': 'a pause cannot be reverted: launch the experiment again instead',
  'experiment.stop': 'a stop cannot be reverted: run the experiment again instead',
  'experiment.archive': 'an archiving cannot be reverted: unarchive the experiment instead',
  'experiment.unarchive': 'this cannot be reverted: archive the experiment again instead',
  'experiment.download': 'a download changed nothing, so there is nothing to revert',
  'key.create': 'the creation of a key cannot be reverted: revoke the key instead',
  'key.revoke': 'a revocation cannot be reverted: create a new key instead',
}

/** The key and the settings that a reversion restores. */
export const readFormer = ({ action, target, before }: AuditEntry): Former => {
  const instead = INSTEAD[action]
  if (instead !== undefined) throw new Problem('CONFLICT', instead)
  const key = target.slice(target.indexOf(':') + 1)
  if (action.startsWith('flag.')) {
    const { success, data } = FlagSettings.strip().nullable().safeParse(before)
    if (success) return { kind: 'flag', key, settings: data }
  } else if (action.startsWith('segment.')) {
    const { success, data } = SegmentSettings.strip().nullable().safeParse(before)
    if (success) return { kind: 'segment', key, settings: data }
  } else if (action.startsWith('experiment.')) {
    const { success, data } = RestorableExperiment.nullable().safeParse(before)
    if (success) return { kind: 'experiment', key, settings: data }
  }
  throw new Problem('CONFLICT', `${action} cannot be reverted`)
}

/** The state after a change, as a precondition: a reversion must not overwrite a newer edit. */
export const toPrecondition = ({ after }: AuditEntry) =>
  after === null ? ('absent' as const) : { version: Number(after.version) }

/** The issue names `force`, which reverts all the same. */
export const changedAgain = (what: 'flag' | 'segment' | 'experiment', id: number): Problem =>
  new Problem('CONFLICT', `the ${what} was changed again after #${id}`, {
    issues: [{ path: 'force', message: '`true` reverts it all the same' }],
  })
