import type { Database } from '../store/database.ts'
import { moveSnapshotVersion, readSnapshotVersion } from '../store/edit.ts'

/**
 * D1 holds an older version than was published: it was restored to an earlier time. Readers never go back in version,
 * so what D1 holds now becomes the version after the newest one, and is then published like any edit. Without this,
 * edits after a restore would take effect only when their number has passed the published one.
 *
 * A database in which nothing was ever edited is another matter: a binding that points to a new, empty database would
 * take every flag away from everyone. That one is not believed until a person says so (README, "Operations").
 *
 * @param newest the newest version that was published or announced, from before D1 was read: so no race puts D1 behind
 * @returns the version of D1 as it is now
 */
export const liftVersion = async (
  db: Database,
  version: number,
  newest: number,
): Promise<number> => {
  if (version === 0) {
    console.error({ event: 'alarm.database_empty', newest })
    throw new Error(
      `D1 was never edited, but version ${newest} was committed: is it another database?`,
    )
  }
  if (await moveSnapshotVersion(db, version, newest + 1, new Date()))
    console.error({ event: 'alarm.database_set_back', from: version, to: newest + 1 })
  return readSnapshotVersion(db)
}
