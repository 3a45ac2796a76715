import type { Condition } from '../../../schema/condition.ts'
import type { CompiledFlag } from '../compile.ts'
import { holdsForState } from '../condition.ts'
import type { Subject } from '../subject.ts'
import { at } from './flag-sets.ts'
import { indexMentions, markFlags, type Mentions } from './mentions.ts'
import type { Predicate } from './predicate.ts'
import { askPredicates, compilePredicates, toPredicateKey, type Predicates } from './predicates.ts'

/*
 * Lists of conditions that all must hold. Each distinct condition is asked once a context, each distinct list is checked
 * once, and one that holds is marked onto the flags that use it.
 */

export type ConditionLists = {
  /** The names of the attributes that conditions use. */
  readonly attributes: readonly string[]
  readonly predicates: Predicates
  /** The conditions of each list, from its start: the number of the predicate, and a bit for each state in which it holds. */
  readonly entries: Int32Array
  readonly starts: Int32Array
  readonly flags: Mentions<number>
}

const STATES = ['differs', 'matches', 'missing'] as const
const STATE_BITS = STATES.length

const toMask = (condition: Condition): number =>
  STATES.reduce((mask, state, bit) => mask | (Number(holdsForState(condition, state)) << bit), 0)

/** Numbers things by their keys, in the order in which they come. */
const createNumbering = <Thing>() => {
  const numbers = new Map<string, number>()
  const things: Thing[] = []
  const number = (key: string, create: (number: number) => Thing): number => {
    const existing = numbers.get(key)
    if (existing !== undefined) return existing
    const next = things.length
    numbers.set(key, next)
    things.push(create(next))
    return next
  }
  return { number, things }
}

/** Compiles the conditions of all flags; undefined when no flag has any. */
export const compileConditionLists = (
  flags: readonly (CompiledFlag | undefined)[],
): ConditionLists | undefined => {
  const predicates = createNumbering<Predicate>()
  const lists = createNumbering<readonly number[]>()
  const toEntry = (condition: Condition): number => {
    const key = toPredicateKey(condition)
    return (
      (predicates.number(key, (number) => ({ number, condition })) << STATE_BITS) |
      toMask(condition)
    )
  }
  const used = flags.map((flag) => {
    // A disabled flag is off for every context, so it must not make a context invalid.
    if (!flag?.enabled || flag.where.length === 0) return undefined
    const entries = flag.where.map(({ condition }) => toEntry(condition))
    return new Set([lists.number(entries.join(), () => entries)])
  })
  if (lists.things.length === 0) return undefined
  let end = 0
  return {
    attributes: [...new Set(predicates.things.map(({ condition }) => condition.attribute))],
    predicates: compilePredicates(predicates.things),
    entries: Int32Array.from(lists.things.flat()),
    starts: Int32Array.from([[], ...lists.things], (entries) => (end += entries.length)),
    flags: indexMentions(used),
  }
}

/** Adds the flags whose conditions all hold to the set that starts there. */
export const markByConditions = (
  { predicates, entries, starts, flags }: ConditionLists,
  subject: Subject,
  memory: Int32Array,
  start: number,
): void => {
  const states = askPredicates(predicates, subject)
  for (let list = 0; list < starts.length - 1; list++) {
    const end = at(starts, list + 1)
    let next = at(starts, list)
    while (next < end) {
      const entry = at(entries, next)
      if (((entry >> at(states, entry >> STATE_BITS)) & 1) === 0) break
      next++
    }
    if (next === end) markFlags(flags, list, memory, start)
  }
}
