import type { Database } from '../store/database.ts'
import { readSnapshotVersion } from '../store/edit.ts'
import { editExperiment, listDueToStop } from '../store/experiments.ts'
import { stop } from './lifecycle.ts'

/**
 * Writes STOPPED for every running experiment whose stopAt has come, audited as `schedule`. Idempotent.
 *
 * @returns the snapshot version in which all of them are stopped
 */
export const stopDueExperiments = async (db: Database, now: Date): Promise<number> => {
  const editor = { actor: 'schedule', at: now, comment: undefined }
  for (const key of await listDueToStop(db, now))
    await editExperiment(db, editor, {
      key,
      action: 'experiment.stop',
      version: undefined,
      decide: (current) => stop(current, now),
    })
  return readSnapshotVersion(db)
}
