import type { AssignAnswer, AssignCall, RecordCall, RecordRefusal } from './calls.ts'
import type { LinkedIds } from './linked-ids.ts'
import type { Entry, ParticipantStore } from './participant-store.ts'
import { buildRowIdPrefix } from './hash-user-id.ts'

/* Check and insert, in one synchronous step each: no other request can come between. */

/** Makes the first assignment and logs its exposure, or tells the one that there is; undefined when it is too late. */
export const assignOnce = (
  ledger: ParticipantStore,
  { userId, experimentKey, bucketVariant, requestId, expiresAt }: AssignCall,
  at: number,
): AssignAnswer => {
  const known = ledger.variantOf(experimentKey)
  if (known) return { variant: known.variant, isNew: known.requestId === requestId }
  if (at >= expiresAt) return undefined
  const assignment = { experimentKey, userId, variant: bucketVariant, at }
  ledger.assign(assignment, requestId)
  ledger.record([{ row: { id: `first:${experimentKey}`, ...assignment } }], at)
  return { variant: bucketVariant, isNew: true }
}

/**
 * What is to be recorded of exposures, and why not. Taken are those of the variant that the user has; of the
 * bucket's, when the user has none yet: that assigns it.
 *
 * @param isAdopted whether all that D1 knows of the user is known here
 */
export const validateExposures = (
  ledger: ParticipantStore,
  kinship: LinkedIds,
  exposures: RecordCall['exposures'],
  isAdopted: boolean,
): (Entry | RecordRefusal)[] => {
  const variants = new Map(
    ledger.assignments().map(({ experimentKey, variant }) => [experimentKey, variant]),
  )
  const owner = kinship.owner()
  const merged = owner ? kinship.merged() : new Set<string>()
  return exposures.map(({ bucketVariant, isBucketed, ...row }) => {
    const known = variants.get(row.experimentKey)
    if (known === undefined && !isAdopted && !isBucketed) return 'UNAVAILABLE'
    if (row.variant !== (known ?? bucketVariant)) return 'VARIANT_MISMATCH'
    if (known === undefined) {
      ledger.assign(row, row.id)
      variants.set(row.experimentKey, row.variant)
    }
    return owner && merged.has(row.experimentKey)
      ? { row, sent: { ...row, userId: owner.userId, id: buildRowIdPrefix(row.userId) + row.id } }
      : { row }
  })
}
