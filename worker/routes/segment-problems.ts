import { Problem } from '../http/problem.ts'
import type { SegmentResult } from '../store/segments.ts'
import { describeContention, describeVersionMismatch } from './edit-problems.ts'

/** A message names this many keys. */
const MAX_NAMED = 10

const listNames = (names: readonly string[]): string => {
  const hidden = names.length - MAX_NAMED
  return names.slice(0, MAX_NAMED).join(', ') + (hidden > 0 ? ` and ${hidden} more` : '')
}

export const segmentNotFound = () => new Problem('SEGMENT_NOT_FOUND', 'no segment has this key')

export const missingSegments = (keys: readonly string[]): Problem =>
  new Problem('CONFLICT', `there are no such segments: ${listNames(keys)}; create them first`)

export const inUse = (users: readonly string[]): Problem =>
  new Problem('CONFLICT', `the segment is in use by ${listNames(users)}: edit them first`)

export const describeSegmentProblem = (
  result: Exclude<SegmentResult, { outcome: 'done' }>,
): Problem => {
  switch (result.outcome) {
    case 'not found':
      return segmentNotFound()
    case 'precondition failed':
      return describeVersionMismatch('segment', result.current)
    case 'in use':
      return inUse(result.users)
    case 'quota exceeded':
      return new Problem('CONFLICT', result.reason)
    case 'contended':
      return describeContention('segment')
  }
}
