import { SERVICE_ACTORS } from '../../../schema/actor.ts'
import type { Experiment } from '../../../schema/experiment.ts'
import type { Database } from '../../store/database.ts'
import { readSnapshotVersion } from '../../store/edit.ts'
import { editExperiment, listDueToStop } from '../../store/experiments.ts'
import { stop } from '../../experiments/lifecycle.ts'

const isDue = ({ status, stopAt }: Experiment, now: Date) =>
  status === 'RUNNING' && stopAt !== null && Date.parse(stopAt) <= now.getTime()

/**
 * Writes STOPPED for every running experiment whose stopAt has passed, with the audit actor `schedule`. Idempotent.
 *
 * @returns the snapshot version in which all of them are stopped
 */
export const stopDueExperiments = async (db: Database, now: Date): Promise<number> => {
  const editor = { actor: SERVICE_ACTORS.schedule, at: now, comment: undefined }
  for (const key of await listDueToStop(db, now))
    await editExperiment(db, editor, {
      key,
      action: 'experiment.stop',
      version: undefined,
      decide: (current) =>
        isDue(current, now) ? stop(current, now) : { refused: 'another edit came first' },
    })
  return readSnapshotVersion(db)
}
