import type { SnapshotSegment } from '../../schema/segment.ts'
import {
  compileAttributeCondition,
  evaluateAttributeCondition,
  type CompiledAttributeCondition,
} from './attribute-condition.ts'
import type { Subject } from './subject.ts'

/** A segment prepared for evaluation, once a snapshot version. */
export type CompiledSegment = {
  readonly key: string
  readonly include: ReadonlySet<string>
  readonly exclude: ReadonlySet<string>
  readonly conditions: readonly CompiledAttributeCondition[]
}

/** The segments of a snapshot, by key. */
export type Segments = ReadonlyMap<string, CompiledSegment>

export const NO_SEGMENTS: Segments = new Map()

export const compileSegment = ({
  key,
  include,
  exclude,
  conditions,
}: SnapshotSegment): CompiledSegment => ({
  key,
  include: new Set(include),
  exclude: new Set(exclude),
  conditions: conditions.map(compileAttributeCondition),
})

/** What decides whether a subject is in a segment: a list has the user, or else the conditions decide. */
export type SegmentReason = 'exclude' | 'include' | 'conditions'

/** Excluded users first, then included ones, then all for whom every condition holds. Without conditions: nobody else. */
export const decideSegment = (
  { include, exclude, conditions }: CompiledSegment,
  subject: Subject,
): { readonly holds: boolean; readonly decidedBy: SegmentReason } => {
  const { userId } = subject
  if (userId !== undefined && exclude.has(userId)) return { holds: false, decidedBy: 'exclude' }
  if (userId !== undefined && include.has(userId)) return { holds: true, decidedBy: 'include' }
  const holds =
    conditions.length > 0 &&
    conditions.every((condition) => evaluateAttributeCondition(condition, subject))
  return { holds, decidedBy: 'conditions' }
}
