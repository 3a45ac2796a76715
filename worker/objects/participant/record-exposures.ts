import type { AssignAnswer, AssignCall, RecordCall, RecordRefusal } from './calls.ts'
import { buildRowIdPrefix } from './hash-user-id.ts'
import type { LinkedIds } from './linked-ids.ts'
import type { Entry, ParticipantStore } from './participant-store.ts'

/* Each function checks and inserts in one synchronous step, so no other request can come between. */

/** Makes the first assignment and logs its exposure, or returns the existing one; undefined when the call has expired. */
export const assignOnce = (
  store: ParticipantStore,
  { userId, experimentKey, bucketVariant, phase, requestId, expiresAt }: AssignCall,
  at: number,
): AssignAnswer => {
  const existing = store.findAssignment(experimentKey)
  if (existing) return { variant: existing.variant, isNew: existing.requestId === requestId }
  if (at >= expiresAt) return undefined
  const assignment = { experimentKey, userId, variant: bucketVariant, at }
  store.assign({ ...assignment, phase }, requestId)
  store.record([{ row: { id: `first:${experimentKey}`, ...assignment } }], at)
  return { variant: bucketVariant, isNew: true }
}

/**
 * Decides for each exposure whether it is recorded, or why not. An exposure must name the user's variant. When the user
 * has none, it must name the variant of the bucket, which it then assigns.
 *
 * @param hasImported whether this object has the assignments that D1 has of the user
 */
export const validateExposures = (
  store: ParticipantStore,
  linkedIds: LinkedIds,
  exposures: RecordCall['exposures'],
  hasImported: boolean,
): (Entry | RecordRefusal)[] => {
  const variants = new Map(
    store.listAssignments().map(({ experimentKey, variant }) => [experimentKey, variant]),
  )
  const owner = linkedIds.findOwner()
  const merged = owner ? linkedIds.listMergedExperiments() : new Set<string>()
  return exposures.map(({ bucketVariant, isBucketed, phase, ...row }) => {
    const assigned = variants.get(row.experimentKey)
    if (assigned === undefined && !hasImported && !isBucketed) return 'UNAVAILABLE'
    if (row.variant !== (assigned ?? bucketVariant)) return 'VARIANT_MISMATCH'
    if (assigned === undefined) {
      store.assign({ ...row, phase }, row.id)
      variants.set(row.experimentKey, row.variant)
    }
    return owner && merged.has(row.experimentKey)
      ? { row, sent: { ...row, userId: owner.userId, id: buildRowIdPrefix(row.userId) + row.id } }
      : { row }
  })
}
