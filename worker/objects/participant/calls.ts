import type { RejectionCode } from '../../../schema/participation.ts'
import type { EventRow, ExposureRow } from '../../store/participation.ts'
import type { AssignedVariant } from './merge-assignments.ts'

/* What the Worker asks a user's object, and what that answers. */

export type AssignCall = {
  readonly userId: string
  readonly experimentKey: string
  /** What the user gets if nothing is assigned yet. */
  readonly bucketVariant: string
  /** Whether that is what every assignment of the experiment says: then D1 need not be asked first. */
  readonly isBucketed: boolean
  /** Made once by the caller, and sent again with a retry: tells it that the assignment was its own. */
  readonly requestId: string
  /** Epoch milliseconds. Whoever comes later has been answered otherwise, and nothing may be written for it. */
  readonly expiresAt: number
}

/** Undefined when nothing could be said in time, or without D1. */
export type AssignAnswer = { readonly variant: string; readonly isNew: boolean } | undefined

/** What the user is known to have, and whether that is all that anybody knows. */
export type StoredVariants = {
  readonly variants: ReadonlyMap<string, string>
  readonly isComplete: boolean
}

export type RecordCall = {
  readonly userId: string
  /** `bucketVariant` is what an unassigned user would get now; null when the experiment assigns nobody now. */
  readonly exposures: readonly (ExposureRow & {
    bucketVariant: string | null
    isBucketed: boolean
  })[]
  readonly events: readonly EventRow[]
}

export type IdentityState = {
  readonly isAnonymous: boolean
  readonly hasAnonymous: boolean
  readonly assignments: readonly AssignedVariant[]
}

/** Why a row is not recorded. */
export type RecordRefusal = RejectionCode | 'UNAVAILABLE'

export type RecordAnswer = readonly ('accepted' | 'duplicate' | RecordRefusal)[]
