import type { CompiledExperiment } from '../../evaluate/index.ts'
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

/** The experiments of a snapshot; none when there never was one, or it is of a format that is no more. */
const experimentsIn = (text: string): CompiledExperiment[] => {
  try {
    return [...parseSnapshot(text).experiments.values()]
  } catch {
    return []
  }
}

/**
 * Notes in which experiments the bucket does not tell any more what everybody has: those that were launched, got other
 * weights or had an heir since the time that D1 is back at. Users' objects, which were not set back, are asked then.
 */
const markChangedByRestore = async (db: Database, published: string): Promise<void> => {
  const now = new Date()
  const { experiments } = parseSnapshot((await buildSnapshot(db, now)).text)
  const doubtful = experimentsIn(published).filter((was) => {
    const is = experiments.get(was.key)
    const isAsItWas =
      is?.isBucketed === was.isBucketed &&
      is.hasInherited === was.hasInherited &&
      is.status !== 'DRAFT'
    return was.status !== 'DRAFT' && !isAsItWas
  })
  if (doubtful.length > 0)
    await markUncertainBuckets(
      db,
      doubtful.map(({ key }) => key),
      now,
    )
}

/**
 * Brings D1 past everything that was published, and tells its version.
 *
 * It is behind when flags were switched off without it, which it takes over here, or when it was restored to an
 * earlier time, even if edits have brought it up to the published version again. Readers never go back in version, so
 * what it holds becomes a version after the newest one, and is then published like any edit. Without this, edits would
 * take effect only when their number has passed the published one.
 *
 * A database in which nothing was ever edited is another matter: a binding that points to a new, empty database would
 * take every flag away from everyone. That one is not believed until a person says so (docs/runbook.md).
 *
 * @param known the newest version that D1 is known to have had, from before it is read: so no race puts it behind
 * @param published the snapshot that was published last, and the state of D1 that it was built from
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
  const isSetBack = found < known || isEditedSince
  const least = Math.max(isSetBack ? known + 1 : 0, ...overrides.map((override) => override.least))
  if (found >= least && overrides.length === 0) return found
  if (found === 0) {
    console.error({ event: 'alarm.database_empty', newest: known })
    throw new Error(
      `D1 was never edited, but version ${known} was committed: is it another database?`,
    )
  }
  for (const override of overrides) {
    const changed = await applySwitchOff(db, override, least)
    console.log({ event: 'publisher.override_taken_over', key: override.key, changed })
  }
  if (isSetBack) await markChangedByRestore(db, text)
  if ((await raiseSnapshotVersion(db, least, new Date())) && isSetBack)
    console.error({ event: 'alarm.database_set_back', from: found, to: least })
  return readSnapshotVersion(db)
}
