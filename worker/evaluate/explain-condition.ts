import type { Condition, SegmentCondition } from '../../schema/condition.ts'
import type { AttributeTrace, ConditionTrace, SegmentTrace } from '../../schema/evaluation.ts'
import {
  evaluateAttributeCondition,
  type CompiledAttributeCondition,
} from './attribute-condition.ts'
import { evaluateCondition, type CompiledCondition } from './condition.ts'
import { operators } from './operators/index.ts'
import { decideSegment, type CompiledSegment } from './segment.ts'
import type { Subject } from './subject.ts'

/** A list in words shows this many of its values. */
const MAX_SHOWN = 5

const describeValues = (values: readonly unknown[]): string => {
  const shown = values.slice(0, MAX_SHOWN).map((value) => JSON.stringify(value))
  const hidden = values.length - shown.length
  return shown.join(', ') + (hidden > 0 ? ` and ${hidden} more` : '')
}

const describeSegments = ({ values, negate }: SegmentCondition): string => {
  const [one, many] = negate === true ? ['not in', 'in none of'] : ['in', 'in one of']
  return values.length === 1
    ? `the user is ${one} the segment ${describeValues(values)}`
    : `the user is ${many} the segments ${describeValues(values)}`
}

/** Says what a condition asks: `plan is one of "pro", "team"`. */
export const describeCondition = (condition: Condition): string => {
  if (condition.operator === 'inSegment') return describeSegments(condition)
  const not = condition.negate === true ? 'not: ' : ''
  if (condition.operator === 'exists') return `${not}${condition.attribute} is there`
  const { attribute, operator, values } = condition
  const ignored = 'ignoreCase' in condition && condition.ignoreCase ? ' in any case' : ''
  return `${not}${attribute} ${operators[operator].words} ${describeValues(values)}${ignored}`
}

const traceAttribute = (compiled: CompiledAttributeCondition, subject: Subject): AttributeTrace => {
  const value = compiled.read(subject)
  return {
    condition: compiled.condition,
    ...(value !== undefined && { value }),
    holds: evaluateAttributeCondition(compiled, subject),
  }
}

const traceSegment = (
  key: string,
  segment: CompiledSegment | undefined,
  subject: Subject,
): SegmentTrace => {
  if (!segment) return { key, holds: false, decidedBy: 'unknown' }
  const decision = decideSegment(segment, subject)
  return {
    key,
    ...decision,
    ...(decision.decidedBy === 'conditions' && {
      conditions: segment.conditions.map((condition) => traceAttribute(condition, subject)),
    }),
  }
}

/** What a condition compared, and whether it holds. */
export const traceCondition = (compiled: CompiledCondition, subject: Subject): ConditionTrace => {
  if (!('segments' in compiled)) return traceAttribute(compiled, subject)
  const { condition, segments } = compiled
  return {
    condition,
    holds: evaluateCondition(compiled, subject),
    segments: condition.values.map((key, index) => traceSegment(key, segments[index], subject)),
  }
}

const describeCount = (conditions: SegmentTrace['conditions'] = []): string => {
  if (conditions.length === 0) return 'no list has the user, and there are no conditions'
  const failing = conditions.find(({ holds }) => !holds)
  return failing ? describeTrace(failing) : 'all conditions hold'
}

const describeSegment = (trace: SegmentTrace): string => {
  const reasons = {
    exclude: () => 'excludes the user',
    include: () => 'includes the user',
    conditions: () => describeCount(trace.conditions),
    unknown: () => 'there is no such segment that can be read',
  }
  return `${JSON.stringify(trace.key)}: ${reasons[trace.decidedBy]()}`
}

const describeTrace = ({ condition, value, holds, segments }: ConditionTrace): string => {
  const answer = `${describeCondition(condition)}: ${holds ? 'yes' : 'no'}`
  if (segments) return `${answer} (${segments.map(describeSegment).join('; ')})`
  const has = value === undefined ? 'nothing' : describeValues([value].flat())
  return `${answer}, the context has ${has}`
}

/** What a list of conditions compared, in words. */
export const describeConditions = (
  conditions: readonly CompiledCondition[],
  subject: Subject,
): string =>
  conditions.map((condition) => describeTrace(traceCondition(condition, subject))).join('; ')
