import type { AttributeCondition } from '../../../schema/condition.ts'
import { createAttributeReader, type AttributeReader } from '../attribute.ts'
import { compareItems, prepareTest } from '../attribute-condition.ts'
import { operators } from '../operators/index.ts'
import type { Ordered } from '../operators/operator.ts'
import type { Subject } from '../subject.ts'
import { answerByLimit, type Limit } from './answer-by-limit.ts'
import { answerByValue } from './answer-by-value.ts'
import {
  DIFFERS,
  isSegmentPredicate,
  MATCHES,
  MISSING,
  type Answer,
  type AttributePredicate,
  type Predicate,
} from './predicate.ts'

/** The predicates of a snapshot, by attribute. */
export type Predicates = {
  /** The states for a context without attributes. */
  readonly blank: Uint8Array
  readonly attributes: readonly {
    readonly read: AttributeReader
    readonly answers: readonly Answer[]
  }[]
}

const states = { differs: DIFFERS, matches: MATCHES, missing: MISSING } as const

/** Two conditions with the same key are the same predicate. JSON alone would write NaN and Infinity as null. */
export const toPredicateKey = (condition: AttributeCondition): string => {
  const values = 'values' in condition ? condition.values : []
  return JSON.stringify([
    condition.attribute,
    condition.operator,
    'ignoreCase' in condition && condition.ignoreCase === true,
    ...values.map((value) => `${typeof value} ${value}`),
  ])
}

/** `Map.groupBy` is too new for some engines. */
const addTo = <Key, Item>(groups: Map<Key, Item[]>, key: Key, item: Item): void => {
  const group = groups.get(key)
  if (group) group.push(item)
  else groups.set(key, [item])
}

const groupByAttribute = (predicates: readonly AttributePredicate[]) => {
  const groups = new Map<string, AttributePredicate[]>()
  for (const predicate of predicates) addTo(groups, predicate.condition.attribute, predicate)
  return groups
}

const answerOne = ({ number, condition }: AttributePredicate): Answer => {
  if (condition.operator === 'exists')
    return (_, written) => {
      written[number] = MATCHES
    }
  const test = prepareTest(condition)
  return (value, written) => {
    written[number] = states[compareItems(test, value)]
  }
}

/** Divides the predicates of one attribute into those that are answered together. */
const createAnswers = (predicates: readonly AttributePredicate[]): Answer[] => {
  const equalities = []
  const families = new Map<Ordered['readKey'], Limit[]>()
  const answers: Answer[] = []
  for (const predicate of predicates) {
    const { number, condition } = predicate
    const ordered =
      condition.operator === 'exists' ? undefined : operators[condition.operator].ordered
    const [value] = 'values' in condition ? condition.values : []
    const key = value === undefined ? undefined : ordered?.readKey(value)
    if (condition.operator === 'in') equalities.push({ number, values: condition.values })
    else if (ordered && key !== undefined)
      addTo(families, ordered.readKey, { number, key, relation: ordered.relation })
    else answers.push(answerOne(predicate))
  }
  for (const [readKey, limits] of families) answers.push(answerByLimit(readKey, limits))
  if (equalities.length > 0) answers.push(answerByValue(equalities))
  return answers
}

const findBlankState = (predicate: Predicate) => {
  if (isSegmentPredicate(predicate)) return predicate.hasUnknown ? MISSING : DIFFERS
  return predicate.condition.operator === 'exists' ? DIFFERS : MISSING
}

export const compilePredicates = (predicates: readonly Predicate[]): Predicates => {
  const onAttributes = predicates.flatMap((each) => (isSegmentPredicate(each) ? [] : [each]))
  return {
    blank: Uint8Array.from(predicates, findBlankState),
    attributes: Array.from(groupByAttribute(onAttributes), ([name, those]) => ({
      read: createAttributeReader(name),
      answers: createAnswers(those),
    })),
  }
}

/** Asks every predicate on an attribute once. */
export const askPredicates = ({ blank, attributes }: Predicates, subject: Subject): Uint8Array => {
  const written = blank.slice()
  for (const { read, answers } of attributes) {
    const value = read(subject)
    if (value !== undefined) for (const answer of answers) answer(value, written)
  }
  return written
}
