import type { CompiledExperiment } from '../../evaluate/index.ts'
import { raiseAlarm } from '../../lib/raise-alarm.ts'
import { applySwitchOff } from '../../store/break-glass.ts'
import type { Database } from '../../store/database.ts'
import {
  raiseSnapshotVersion,
  readDatabaseState,
  readSnapshotVersion,
  type DatabaseState,
} from '../../store/edit.ts'
import { markUncertainBuckets } from '../../store/identity.ts'
import { parseSnapshot } from '../../snapshot/parse.ts'
import { buildSnapshot } from './build-snapshot.ts'
import type { Override } from './overrides.ts'

/** The experiments of a snapshot; empty when there is no snapshot yet, or its format is no longer supported. */
const parseExperiments = (text: string): CompiledExperiment[] => {
  try {
    return [...parseSnapshot(text).experiments.values()]
  } catch {
    return []
  }
}

/**
 * Marks experiments in which users may have another variant than their bucket says, and D1 no longer knows it: after
 * the time to which D1 was restored, they were launched, got other weights, or had a sign-in merge. Participant
 * objects were not restored, so `getVariant` asks them.
 */
const markChangedByRestore = async (db: Database, published: string): Promise<void> => {
  const now = new Date()
  const { experiments } = parseSnapshot((await buildSnapshot(db, now)).text)
  const changed = parseExperiments(published).filter((before) => {
    const after = experiments.get(before.key)
    const isUnchanged =
      after?.isBucketed === before.isBucketed &&
      after.hasInherited === before.hasInherited &&
      after.status !== 'DRAFT'
    return before.status !== 'DRAFT' && !isUnchanged
  })
  const keys = changed.map(({ key }) => key)
  if (keys.length > 0) await markUncertainBuckets(db, keys, now)
}

/**
 * Brings D1's version past every published version, and returns it.
 *
 * D1 is behind after break-glass, whose orders it takes over here, and after a restore to an earlier time. A restored
 * D1 may have been edited up to the published version again, so the time of the last edit is compared, too. Readers
 * never go back in version. D1's content therefore gets a version after the newest one, and is published like an edit;
 * else edits would have no effect until their version passed the published one.
 *
 * A database without any edit is refused: a binding to a new, empty database would remove every flag for every user.
 * An operator has to confirm it (docs/runbook.md).
 *
 * @param known the newest version that D1 had, noted before this reads D1, so that no race makes D1 look behind
 * @param published the stored snapshot, and the state of D1 that it was built from
 */
export const reconcileDatabase = async (
  db: Database,
  known: number,
  overrides: readonly Override[],
  published: { readonly text: string; readonly origin: DatabaseState },
): Promise<number> => {
  const { version: found, changedAt } = await readDatabaseState(db)
  const { origin, text } = published
  const isEditedSince = found === origin.version && changedAt !== origin.changedAt
  const isRestored = found < known || isEditedSince
  const least = Math.max(isRestored ? known + 1 : 0, ...overrides.map((override) => override.least))
  if (found >= least && overrides.length === 0) return found
  if (found === 0) {
    raiseAlarm('alarm.database_empty', { newest: known })
    throw new Error(
      `D1 was never edited, but version ${known} was committed: is it another database?`,
    )
  }
  for (const override of overrides) {
    const changed = await applySwitchOff(db, override, least)
    console.log({ event: 'publisher.override_taken_over', key: override.key, changed })
  }
  if (isRestored) await markChangedByRestore(db, text)
  if ((await raiseSnapshotVersion(db, least, new Date())) && isRestored)
    raiseAlarm('alarm.database_set_back', { from: found, to: least })
  return readSnapshotVersion(db)
}
