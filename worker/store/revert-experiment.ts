import type { Experiment, ExperimentSettings } from '../../schema/experiment.ts'
import { mayDelete, revise } from '../experiments/lifecycle.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import {
  createExperiment,
  editExperiment,
  getExperiment,
  type ExperimentResult,
} from './experiments.ts'

/** What the change that is reverted left: undefined to revert it whatever was changed since. */
type Left = { readonly version: number } | 'absent' | undefined

const isLeft = (left: Left, current: Experiment) =>
  left === undefined || (left !== 'absent' && left.version === current.version)

export type Reverted = ExperimentResult | { readonly outcome: 'changed again' }

const deletion = (current: Experiment) => {
  const refused = mayDelete(current)
  return refused === undefined ? { next: null } : { refused }
}

/**
 * Makes an experiment what it was, by the rules of its life cycle: those come first, because what they refuse is
 * refused however often it is asked for.
 *
 * @param former null deletes it
 */
export const revertExperiment = async (
  db: Database,
  editor: Editor,
  key: string,
  former: ExperimentSettings | null,
  left: Left,
): Promise<Reverted> => {
  if ((await getExperiment(db, key)) === null) {
    if (former === null) return { outcome: 'not found' }
    if (left !== undefined && left !== 'absent') return { outcome: 'changed again' }
    return createExperiment(db, editor, { key, ...former })
  }
  const seen = { isNewer: false }
  const result = await editExperiment(db, editor, {
    key,
    action: former === null ? 'experiment.delete' : 'experiment.update',
    version: undefined,
    decide: (current, assigned) => {
      const decision =
        former === null ? deletion(current) : revise(current, former, assigned, editor.at)
      seen.isNewer = !('refused' in decision) && !isLeft(left, current)
      return seen.isNewer ? { refused: 'it was changed again' } : decision
    },
  })
  return seen.isNewer ? { outcome: 'changed again' } : result
}
