import type { Experiment, RestorableExperiment } from '../../schema/experiment.ts'
import { removeDraft, revise } from '../experiments/lifecycle.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import {
  createExperiment,
  editExperiment,
  getExperiment,
  type ExperimentResult,
} from './experiments.ts'

/** The state after the change that is to be reverted; undefined to ignore later changes. */
type Left = { readonly version: number } | 'absent' | undefined

const isLeft = (left: Left, current: Experiment) =>
  left === undefined || (left !== 'absent' && left.version === current.version)

export type Reverted = ExperimentResult | { readonly outcome: 'changed again' }

/** An audit row without lists is of a time when there were none. */
const NOBODY = { testers: [], leftOut: { userIds: [] } }

/**
 * Restores former settings of an experiment, if the life cycle allows it. The life cycle is checked before later changes,
 * because `force` cannot override it.
 *
 * @param former null deletes the experiment
 */
export const revertExperiment = async (
  db: Database,
  editor: Editor,
  key: string,
  former: RestorableExperiment | null,
  left: Left,
): Promise<Reverted> => {
  if ((await getExperiment(db, key)) === null) {
    if (former === null) return { outcome: 'not found' }
    if (left !== undefined && left !== 'absent') return { outcome: 'changed again' }
    // What a team wrote about the results went with them.
    const { note: _note, decision: _decision, ...settings } = former
    return createExperiment(db, editor, { key, ...settings })
  }
  const settings = former && { ...NOBODY, ...former }
  const seen = { isNewer: false }
  const result = await editExperiment(db, editor, {
    key,
    action: former === null ? 'experiment.delete' : 'experiment.update',
    version: undefined,
    decide: (current, assigned) => {
      const decision =
        settings === null ? removeDraft(current) : revise(current, settings, assigned, editor.at)
      seen.isNewer = !('refused' in decision) && !isLeft(left, current)
      return seen.isNewer ? { refused: 'it was changed again' } : decision
    },
  })
  return seen.isNewer ? { outcome: 'changed again' } : result
}
