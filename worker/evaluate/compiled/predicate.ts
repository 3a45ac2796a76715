import type { AttributeCondition } from '../../../schema/condition.ts'
import type { AttributeValue } from '../attribute.ts'
import type { Scalar } from '../operators/operator.ts'

/**
 * A predicate is a condition without `negate` and `whenMissing`: these are the same question, whose answer is one of
 * three states.
 */
export type AttributePredicate = { readonly number: number; readonly condition: AttributeCondition }

/** Whether a subject is in one of these segments, by their numbers. */
export type SegmentPredicate = {
  readonly number: number
  readonly segments: readonly number[]
  /** One of the segments is not known. */
  readonly hasUnknown: boolean
}

export type Predicate = AttributePredicate | SegmentPredicate

export const isSegmentPredicate = (predicate: Predicate): predicate is SegmentPredicate =>
  'segments' in predicate

export const [DIFFERS, MATCHES, MISSING] = [0, 1, 2] as const

/** Writes the states of some predicates of one attribute, for a context that has the attribute. */
export type Answer = (value: AttributeValue, states: Uint8Array) => void

/** Calls back for a value, or for each item of a list. */
export const forEachItem = (value: AttributeValue, use: (item: Scalar) => void): void => {
  if (typeof value === 'object') for (const item of value) use(item)
  else use(value)
}
