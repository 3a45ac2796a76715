import { describeError } from '../../lib/describe-error.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import type { Database } from '../../store/database.ts'
import { listAssignments } from '../../store/participation.ts'
import type { ParticipantStore } from './participant-store.ts'

/** How long the first touch of a user waits for D1. */
const ADOPT_DEADLINE_MS = 400

/**
 * On the first touch of a user, takes over what D1 knows of them (imports, restores); tells whether that was done. A
 * question that D1 leaves open is let go, so that the next touch asks again.
 *
 * @param opened the ledger that is open: another one after the person was removed, which what was under way for the
 * old one must not touch; or none
 */
export const createAssignmentImport = (
  ledger: () => ParticipantStore,
  opened: () => ParticipantStore | undefined,
  database: () => Database,
) => {
  let adopting: Promise<void> | undefined

  return async (userId: string): Promise<boolean> => {
    const asking = ledger()
    if (asking.isAdopted()) return true
    const adopt = async () => {
      const assignments = await listAssignments(database(), userId)
      if (asking === opened()) asking.adopt(assignments)
    }
    const mine = (adopting ??= adopt())
    try {
      await withDeadline(mine, ADOPT_DEADLINE_MS)
      return true
    } catch (error) {
      if (adopting === mine) adopting = undefined
      console.warn({ event: 'participant.adoption_late', error: describeError(error) })
      return ledger().isAdopted()
    }
  }
}
