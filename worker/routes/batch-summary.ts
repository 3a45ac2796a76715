import { RejectionCode, type BatchResponse } from '../../schema/participation.ts'
import { LeftOutReason } from '../../schema/people.ts'
import { unavailable } from '../http/problem.ts'
import type { Item } from './batch-items.ts'

const isRejection = (outcome: unknown): outcome is RejectionCode =>
  RejectionCode.safeParse(outcome).success

const isUncounted = (outcome: unknown): outcome is LeftOutReason =>
  LeftOutReason.safeParse(outcome).success

const countUncounted = (outcomes: readonly unknown[]): Pick<BatchResponse, 'uncounted'> => {
  const counts = LeftOutReason.options
    .map((reason) => [reason, outcomes.filter((outcome) => outcome === reason).length] as const)
    .filter(([, count]) => count > 0)
  return counts.length === 0 ? {} : { uncounted: Object.fromEntries(counts) }
}

/**
 * Counts what became of a batch. When a row could not be made durable, the whole batch is to be sent again. Uncounted
 * items are accepted too: the SDK sends a batch again unless accepted, repeated and refused items are all of its items.
 */
export const summarizeBatch = (items: readonly Item<unknown>[]): BatchResponse => {
  const outcomes = items.map(({ outcome = 'UNAVAILABLE' }) => outcome)
  if (outcomes.includes('UNAVAILABLE'))
    throw unavailable(
      'some items could not be stored: send the whole batch again, nothing is counted twice',
    )
  return {
    accepted: outcomes.filter((outcome) => outcome === 'accepted' || isUncounted(outcome)).length,
    duplicates: outcomes.filter((outcome) => outcome === 'duplicate').length,
    ...countUncounted(outcomes),
    rejected: items.flatMap(({ outcome, id, errorDetails }) =>
      isRejection(outcome)
        ? [{ id, errorCode: outcome, ...(errorDetails !== undefined && { errorDetails }) }]
        : [],
    ),
  }
}
