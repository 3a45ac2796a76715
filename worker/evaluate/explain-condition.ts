import type { Condition } from '../../schema/condition.ts'
import type { ConditionTrace } from '../../schema/evaluation.ts'
import { evaluateCondition, type CompiledCondition } from './condition.ts'
import { operators } from './operators/index.ts'
import type { Subject } from './subject.ts'

/** A list in words shows this many of its values. */
const MAX_SHOWN = 5

const describeValues = (values: readonly unknown[]): string => {
  const shown = values.slice(0, MAX_SHOWN).map((value) => JSON.stringify(value))
  const hidden = values.length - shown.length
  return shown.join(', ') + (hidden > 0 ? ` and ${hidden} more` : '')
}

/** Says what a condition asks: `plan is one of "pro", "team"`. */
export const describeCondition = (condition: Condition): string => {
  const not = condition.negate === true ? 'not: ' : ''
  if (condition.operator === 'exists') return `${not}${condition.attribute} is there`
  const { attribute, operator, values } = condition
  const ignored = 'ignoreCase' in condition && condition.ignoreCase ? ' in any case' : ''
  return `${not}${attribute} ${operators[operator].words} ${describeValues(values)}${ignored}`
}

/** What a condition compared, and whether it holds. */
export const traceCondition = (compiled: CompiledCondition, subject: Subject): ConditionTrace => {
  const value = compiled.read(subject)
  return {
    condition: compiled.condition,
    ...(value !== undefined && { value }),
    holds: evaluateCondition(compiled, subject),
  }
}

const describeTrace = ({ condition, value, holds }: ConditionTrace): string => {
  const has = value === undefined ? 'nothing' : describeValues([value].flat())
  return `${describeCondition(condition)}: ${holds ? 'yes' : 'no'}, the context has ${has}`
}

/** What a list of conditions compared, in words. */
export const describeConditions = (
  conditions: readonly CompiledCondition[],
  subject: Subject,
): string =>
  conditions.map((condition) => describeTrace(traceCondition(condition, subject))).join('; ')
