import type { Condition } from '../../../schema/condition.ts'
import { holdsForState } from '../attribute-condition.ts'
import type { CompiledFlag } from '../compile.ts'
import type { CompiledCondition, CompiledSegmentCondition } from '../condition.ts'
import type { CompiledSegment } from '../segment.ts'
import type { Subject } from '../subject.ts'
import { at } from './flag-sets.ts'
import { indexMentions, markFlags, type Mentions } from './mentions.ts'
import { isSegmentPredicate, type Predicate } from './predicate.ts'
import { askPredicates, compilePredicates, toPredicateKey, type Predicates } from './predicates.ts'
import { answerSegments, compileSegmentTable, type SegmentTable } from './segment-table.ts'

/*
 * Lists of conditions that all must hold. Each distinct condition is asked once a context, each distinct list is checked
 * once, and one that holds is marked onto the flags that use it. Segments come between: their lists need the attributes,
 * and the lists of flags need the segments.
 */

export type ConditionLists = {
  /** The names of the attributes that conditions use, those of segments in use among them. */
  readonly attributes: readonly string[]
  readonly predicates: Predicates
  /** Absent when no flag uses a segment. */
  readonly segments: SegmentTable | undefined
  /** The conditions of each list, from its start: the number of the predicate, and a bit for each state in which it holds. */
  readonly entries: Int32Array
  readonly starts: Int32Array
  /** How many lists are of flags. Those after them are of segments only. */
  readonly flagLists: number
  readonly flags: Mentions<number>
}

const STATES = ['differs', 'matches', 'missing'] as const
const STATE_BITS = STATES.length

const toMask = (condition: Condition): number =>
  STATES.reduce((mask, state, bit) => mask | (Number(holdsForState(condition, state)) << bit), 0)

/** Numbers things by their keys, in the order in which they come. */
const createNumbering = <Thing>() => {
  const numbers = new Map<unknown, number>()
  const things: Thing[] = []
  const number = (key: unknown, create: (number: number) => Thing): number => {
    const existing = numbers.get(key)
    if (existing !== undefined) return existing
    const next = things.length
    numbers.set(key, next)
    things.push(create(next))
    return next
  }
  return { number, things }
}

/** Numbers the conditions of flags and segments, and their lists. */
const createListNumbering = () => {
  const segments = createNumbering<CompiledSegment>()
  const predicates = createNumbering<Predicate>()
  const lists = createNumbering<readonly number[]>()

  const numberSegments = ({ segments: named }: CompiledSegmentCondition): number => {
    const known = named.flatMap((each) => (each ? segments.number(each, () => each) : []))
    const hasUnknown = known.length < named.length
    return predicates.number(`segments ${known.join()} ${hasUnknown}`, (number) => ({
      number,
      segments: [...new Set(known)],
      hasUnknown,
    }))
  }

  const toEntry = (compiled: CompiledCondition): number => {
    const number =
      'segments' in compiled
        ? numberSegments(compiled)
        : predicates.number(toPredicateKey(compiled.condition), (next) => ({
            number: next,
            condition: compiled.condition,
          }))
    return (number << STATE_BITS) | toMask(compiled.condition)
  }

  const numberList = (conditions: readonly CompiledCondition[]): number => {
    const entries = conditions.map(toEntry)
    return lists.number(entries.join(), () => entries)
  }
  return { segments, predicates, lists, numberList }
}

/** Compiles the conditions of all flags; undefined when no flag has any. */
export const compileConditionLists = (
  flags: readonly (CompiledFlag | undefined)[],
): ConditionLists | undefined => {
  const { segments, predicates, lists, numberList } = createListNumbering()
  const used = flags.map((flag) =>
    // A disabled flag is off for every context, so it must not make a context invalid.
    flag?.enabled && flag.where.length > 0 ? new Set([numberList(flag.where)]) : undefined,
  )
  const flagLists = lists.things.length
  if (flagLists === 0) return undefined
  const segmentLists = segments.things.map(({ conditions }) =>
    conditions.length > 0 ? numberList(conditions) : -1,
  )
  let end = 0
  return {
    attributes: [
      ...new Set(
        predicates.things.flatMap((each) =>
          isSegmentPredicate(each) ? [] : each.condition.attribute,
        ),
      ),
    ],
    predicates: compilePredicates(predicates.things),
    segments:
      segments.things.length > 0
        ? compileSegmentTable(
            segments.things,
            segmentLists,
            predicates.things.filter(isSegmentPredicate),
          )
        : undefined,
    entries: Int32Array.from(lists.things.flat()),
    starts: Int32Array.from([[], ...lists.things], (entries) => (end += entries.length)),
    flagLists,
    flags: indexMentions(used),
  }
}

/** Whether every condition of a list holds. Leaves at the first that fails. */
const holdsList = (
  { entries, starts }: ConditionLists,
  list: number,
  states: Uint8Array,
): boolean => {
  const end = at(starts, list + 1)
  for (let next = at(starts, list); next < end; next++) {
    const entry = at(entries, next)
    if (((entry >> at(states, entry >> STATE_BITS)) & 1) === 0) return false
  }
  return true
}

/** Adds the flags whose conditions all hold to the set that starts there. */
export const markByConditions = (
  lists: ConditionLists,
  subject: Subject,
  memory: Int32Array,
  start: number,
): void => {
  const { predicates, segments, flagLists, flags } = lists
  const states = askPredicates(predicates, subject)
  if (segments)
    answerSegments(segments, subject.userId, (list) => holdsList(lists, list, states), states)
  for (let list = 0; list < flagLists; list++)
    if (holdsList(lists, list, states)) markFlags(flags, list, memory, start)
}
