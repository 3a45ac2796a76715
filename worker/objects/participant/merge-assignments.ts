import type { MergedAssignment } from '../../store/identity.ts'
import type { AssignmentRow } from '../../store/participation.ts'
import type { LinkedIds } from './linked-ids.ts'
import type { ParticipantStore } from './participant-store.ts'

export type AssignedVariant = {
  readonly experimentKey: string
  readonly variant: string
  /** The phase whose weights gave the variant. Absent when the object does not know it. */
  readonly phase?: number | undefined
}

/** The data that an anonymous id's object gives to the user's object at a sign-in. */
export type AnonymousAssignments = {
  readonly userId: string
  readonly objectName: string
  readonly assignments: readonly AssignedVariant[]
}

/**
 * Gives the variants of an anonymous id to the user, in experiments in which the user has none. Where the user has
 * another variant, both keep theirs: an assignment never changes. Synchronous and idempotent.
 */
export const mergeAssignments = (
  store: ParticipantStore,
  linkedIds: LinkedIds,
  { userId, objectName, assignments }: AnonymousAssignments,
  at: number,
): MergedAssignment[] => {
  linkedIds.addAnonymousObject(objectName)
  const added: AssignmentRow[] = []
  const merged = assignments.map(({ experimentKey, variant, phase }) => {
    const existing = store.findAssignment(experimentKey)?.variant
    if (existing === undefined) {
      const row = { experimentKey, userId, variant, at, phase }
      store.assign(row, `from ${objectName}`)
      added.push(row)
      return { experimentKey, variant, conflict: null, phase }
    }
    // The merge may reach D1 before the user's own row, which then comes too late to say when and in which phase.
    const pending = store.findPendingAssignment(experimentKey)
    const conflict = existing === variant ? null : variant
    return { experimentKey, variant: existing, conflict, phase, ...pending }
  })
  store.queueAssignments(added)
  return merged
}
