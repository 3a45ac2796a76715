import type { Scalar } from '../operators/operator.ts'
import { at } from './flag-sets.ts'
import { DIFFERS, forEachItem, MATCHES, type Answer } from './predicate.ts'

type Equality = { readonly number: number; readonly values: readonly Scalar[] }

/** Answers all `in` predicates of an attribute by one look-up an item. */
export const answerByValue = (predicates: readonly Equality[]): Answer => {
  const numbers = Int32Array.from(predicates, ({ number }) => number)
  const byValue = new Map<Scalar, number[]>()
  for (const { number, values } of predicates)
    for (const value of new Set(values)) {
      const those = byValue.get(value)
      if (those) those.push(number)
      else byValue.set(value, [number])
    }
  return (value, states) => {
    if (typeof value === 'object' && value.length === 0) return
    for (let index = 0; index < numbers.length; index++) states[at(numbers, index)] = DIFFERS
    forEachItem(value, (item) => {
      const those = byValue.get(item)
      if (those) for (const number of those) states[number] = MATCHES
    })
  }
}
