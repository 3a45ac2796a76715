import type { Condition, SegmentCondition } from '../../schema/condition.ts'
import {
  compileAttributeCondition,
  evaluateAttributeCondition,
  holdsForState,
  type CompiledAttributeCondition,
  type ConditionState,
} from './attribute-condition.ts'
import { decideSegment, NO_SEGMENTS, type CompiledSegment, type Segments } from './segment.ts'
import type { Subject } from './subject.ts'

export type CompiledSegmentCondition = {
  readonly condition: SegmentCondition
  /** In the order of the values. Undefined: the snapshot has no such segment, or it cannot be read. */
  readonly segments: readonly (CompiledSegment | undefined)[]
}

/** A condition prepared for evaluation, once a snapshot version. */
export type CompiledCondition = CompiledAttributeCondition | CompiledSegmentCondition

export const compileCondition = (
  condition: Condition,
  segments: Segments = NO_SEGMENTS,
): CompiledCondition =>
  condition.operator === 'inSegment'
    ? { condition, segments: condition.values.map((key) => segments.get(key)) }
    : compileAttributeCondition(condition)

/** One segment is enough. Missing: no segment has the subject, and one of them is unknown. */
const findSegmentState = (
  { segments }: CompiledSegmentCondition,
  subject: Subject,
): ConditionState => {
  if (segments.some((segment) => segment && decideSegment(segment, subject).holds)) return 'matches'
  return segments.includes(undefined) ? 'missing' : 'differs'
}

/** Whether a condition holds for a subject. */
export const evaluateCondition = (compiled: CompiledCondition, subject: Subject): boolean =>
  'segments' in compiled
    ? holdsForState(compiled.condition, findSegmentState(compiled, subject))
    : evaluateAttributeCondition(compiled, subject)
