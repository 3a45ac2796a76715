import type { ExposureRow } from '../../store/participation.ts'
import type { AssignAnswer, AssignCall, RecordCall, RecordRefusal } from './calls.ts'
import { buildRowIdPrefix } from './hash-user-id.ts'
import type { LinkedIds } from './linked-ids.ts'
import type { Entry, ParticipantStore } from './participant-store.ts'

/* Each function checks and inserts in one synchronous step, so no other request can come between. */

const toAssignment = ({ experimentKey, userId, variant, at }: ExposureRow) => ({
  experimentKey,
  userId,
  variant,
  at,
})

/** Makes the first assignment and logs its exposure, or returns the existing one; undefined when the call has expired. */
export const assignOnce = (
  store: ParticipantStore,
  { userId, experimentKey, bucketVariant, phase, requestId, expiresAt }: AssignCall,
  at: number,
): AssignAnswer => {
  const existing = store.findAssignment(experimentKey)
  if (existing) return { variant: existing.variant, isNew: existing.requestId === requestId }
  if (at >= expiresAt) return undefined
  const row = { id: `first:${experimentKey}`, experimentKey, userId, variant: bucketVariant, at }
  const assignment = { ...toAssignment(row), phase }
  store.assign(assignment, requestId, row.id)
  store.record([{ row, assignment }], at)
  return { variant: bucketVariant, isNew: true }
}

/**
 * Whether an exposure waits for the assignments of D1: the user has none here, and D1 may have another than the bucket.
 */
export const needsImport = (store: ParticipantStore, exposures: RecordCall['exposures']) =>
  exposures.some(
    ({ experimentKey, isCertain, bucketVariant }) =>
      !(isCertain && bucketVariant !== null) && !store.findAssignment(experimentKey),
  )

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
  return exposures.map(({ bucketVariant, isBucketed, isCertain: _isCertain, phase, ...row }) => {
    const assigned = variants.get(row.experimentKey)
    if (assigned === undefined && !hasImported && !isBucketed) return 'UNAVAILABLE'
    if (row.variant !== (assigned ?? bucketVariant)) return 'VARIANT_MISMATCH'
    const assignment = assigned === undefined ? { ...toAssignment(row), phase } : undefined
    if (assignment) {
      store.assign(assignment, row.id, row.id)
      variants.set(row.experimentKey, row.variant)
    }
    const id = buildRowIdPrefix(row.userId) + row.id
    return {
      row,
      ...(assignment && { assignment }),
      ...(owner && merged.has(row.experimentKey) && { sent: { ...row, userId: owner.userId, id } }),
    }
  })
}
