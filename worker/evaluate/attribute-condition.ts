import type { AttributeCondition, ComparingCondition, Condition } from '../../schema/condition.ts'
import { createAttributeReader, type AttributeReader, type AttributeValue } from './attribute.ts'
import { operators } from './operators/index.ts'
import type { ItemTest } from './operators/operator.ts'
import type { Subject } from './subject.ts'

/** The state of a condition for one subject, before `negate` and `whenMissing`. */
export type ConditionState = 'matches' | 'differs' | 'missing'

/** A condition on an attribute, prepared for evaluation, once a snapshot version. */
export type CompiledAttributeCondition = {
  readonly condition: AttributeCondition
  readonly read: AttributeReader
  readonly compare: (value: AttributeValue | undefined) => ConditionState
}

/** One item that matches is enough. Missing: no item is of a type that the operator takes. */
export const compareItems = (test: ItemTest, value: AttributeValue | undefined): ConditionState => {
  if (value === undefined) return 'missing'
  if (typeof value !== 'object') {
    const matches = test(value)
    return matches === undefined ? 'missing' : matches ? 'matches' : 'differs'
  }
  let state: ConditionState = 'missing'
  for (const item of value) {
    const matches = test(item)
    if (matches) return 'matches'
    if (matches === false) state = 'differs'
  }
  return state
}

/** Prepares the comparison of one item. */
export const prepareTest = (condition: ComparingCondition): ItemTest =>
  operators[condition.operator].prepare(
    condition.values,
    condition.operator !== 'in' && 'ignoreCase' in condition && condition.ignoreCase === true,
  )

const prepareComparison = (
  condition: AttributeCondition,
): CompiledAttributeCondition['compare'] => {
  if (condition.operator === 'exists')
    return (value) => (value === undefined ? 'differs' : 'matches')
  const test = prepareTest(condition)
  return (value) => compareItems(test, value)
}

export const compileAttributeCondition = (
  condition: AttributeCondition,
): CompiledAttributeCondition => ({
  condition,
  read: createAttributeReader(condition.attribute),
  compare: prepareComparison(condition),
})

/** Whether a condition holds in a state. A missing attribute is `whenMissing`, negated or not. */
export const holdsForState = (condition: Condition, state: ConditionState): boolean =>
  state === 'missing'
    ? 'whenMissing' in condition && condition.whenMissing === true
    : (state === 'matches') !== (condition.negate === true)

/** Whether a condition holds for a subject. */
export const evaluateAttributeCondition = (
  { condition, read, compare }: CompiledAttributeCondition,
  subject: Subject,
): boolean => holdsForState(condition, compare(read(subject)))
