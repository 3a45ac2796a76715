import { describeError } from '../../lib/describe-error.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import type { Database } from '../../store/database.ts'
import { listAssignments } from '../../store/participation.ts'
import type { ParticipantStore } from './participant-store.ts'

/** The first request for a user waits this long for D1. */
const IMPORT_DEADLINE_MS = 400

/**
 * At the first request for a user, imports the assignments that D1 has: D1 may have been restored, or rows imported.
 * An import that fails or takes too long is tried again at the next request.
 *
 * @returns whether this object has all assignments of the user
 */
export const createAssignmentImport = (
  store: () => ParticipantStore,
  /** The current store. The removal of a user replaces it, and an older import must not write to the new one. */
  currentStore: () => ParticipantStore | undefined,
  database: () => Database,
) => {
  let running: Promise<void> | undefined

  return async (userId: string): Promise<boolean> => {
    const target = store()
    if (target.hasImported()) return true
    const start = async () => {
      const assignments = await listAssignments(database(), userId)
      if (target === currentStore()) target.importAssignments(assignments)
    }
    // No shared single-flight: each request waits the full deadline, and the first that gives up makes the next one retry.
    const joined = (running ??= start())
    try {
      await withDeadline(joined, IMPORT_DEADLINE_MS)
      return true
    } catch (error) {
      if (running === joined) running = undefined
      console.warn({ event: 'participant.adoption_late', error: describeError(error) })
      return store().hasImported()
    }
  }
}
