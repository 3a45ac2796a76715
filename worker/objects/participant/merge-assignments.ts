import type { MergedAssignment } from '../../store/identity.ts'
import type { LinkedIds } from './linked-ids.ts'
import type { ParticipantStore } from './participant-store.ts'

/** Who has which variant. */
export type AssignedVariant = { readonly experimentKey: string; readonly variant: string }

/** An anonymous person as their object hands them on. */
export type Anonymous = {
  readonly userId: string
  readonly objectName: string
  readonly assignments: readonly AssignedVariant[]
}

/**
 * Takes over the variants of an anonymous person where the user has none yet. Where the user has another, both
 * stay as they are: nobody ever moves. Synchronous; asked again it says the same.
 */
export const mergeAssignments = (
  ledger: ParticipantStore,
  kinship: LinkedIds,
  { userId, objectName, assignments }: Anonymous,
  at: number,
): MergedAssignment[] => {
  kinship.addAnonymous(objectName)
  return assignments.map(({ experimentKey, variant }) => {
    const known = ledger.variantOf(experimentKey)?.variant
    if (known === undefined)
      ledger.assign({ experimentKey, userId, variant, at }, `from ${objectName}`)
    const conflict = known === undefined || known === variant ? null : variant
    return { experimentKey, variant: known ?? variant, conflict }
  })
}
