import type { RejectionCode } from '../../../schema/participation.ts'
import type { EventRow, ExposureRow } from '../../store/participation.ts'
import type { AssignedVariant } from './merge-assignments.ts'

/* The calls from the Worker to a Participant, and their answers. */

export type AssignCall = {
  readonly userId: string
  readonly experimentKey: string
  /** The variant that the user gets when nothing is assigned yet. */
  readonly bucketVariant: string
  /** The phase of the weights that gave it. Absent in calls from before phases. */
  readonly phase?: number | undefined
  /** Whether every assignment of the experiment equals its bucket; then D1 need not be read first. */
  readonly isBucketed: boolean
  /** Whether the bucket is the assignment of every user. D1 is then not read. Absent in calls of earlier versions. */
  readonly isCertain?: boolean | undefined
  /** The same in a retry, so that the retry learns that the assignment is its own. */
  readonly requestId: string
  /** Epoch milliseconds. After this the caller has answered from the bucket, and the call must not write. */
  readonly expiresAt: number
}

/** Undefined when the call expired, or when D1 could not be read. */
export type AssignAnswer = { readonly variant: string; readonly isNew: boolean } | undefined

/** The user's stored variants, and whether D1 can have no others. */
export type StoredVariants = {
  readonly variants: ReadonlyMap<string, string>
  readonly isComplete: boolean
}

export type RecordCall = {
  readonly userId: string
  /** `bucketVariant` is the variant for an unassigned user; null when the experiment assigns no users now. */
  readonly exposures: readonly (ExposureRow & {
    bucketVariant: string | null
    isBucketed: boolean
    isCertain?: boolean | undefined
    /** The phase of the run in which it happened. */
    phase?: number | undefined
  })[]
  readonly events: readonly EventRow[]
}

export type IdentityState = {
  readonly isAnonymous: boolean
  readonly hasAnonymous: boolean
  readonly assignments: readonly AssignedVariant[]
}

/** The reason why a row is not recorded. */
export type RecordRefusal = RejectionCode | 'UNAVAILABLE'

export type RecordAnswer = readonly ('accepted' | 'duplicate' | RecordRefusal)[]
