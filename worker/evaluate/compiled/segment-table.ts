import type { CompiledSegment } from '../segment.ts'
import { add, at, has } from './flag-sets.ts'
import { indexMentions, markFlags, type Mentions } from './mentions.ts'
import { MATCHES, type SegmentPredicate } from './predicate.ts'

/*
 * The segments that flags use. Each is asked once a context: one look-up of the user id for all lists of users, and one
 * check of each list of conditions.
 */

export type SegmentTable = {
  /** The segments that include or exclude a user, as sets of segments. */
  readonly include: Mentions<string>
  readonly exclude: Mentions<string>
  /** The list of conditions of each segment; -1 without conditions. */
  readonly lists: Int32Array
  readonly predicates: readonly SegmentPredicate[]
  readonly width: number
  /** Two sets of segments: those that exclude the user, and those that have the user. Written anew for each context. */
  readonly memory: Int32Array
}

/** @param lists the number of each segment's list of conditions, or -1 */
export const compileSegmentTable = (
  segments: readonly CompiledSegment[],
  lists: readonly number[],
  predicates: readonly SegmentPredicate[],
): SegmentTable => {
  const width = Math.ceil(segments.length / 32)
  return {
    include: indexMentions(segments.map(({ include }) => include)),
    exclude: indexMentions(segments.map(({ exclude }) => exclude)),
    lists: Int32Array.from(lists),
    predicates,
    width,
    memory: new Int32Array(2 * width),
  }
}

/**
 * Writes the states of the predicates on segments that have the subject.
 *
 * @param holds whether a list of conditions holds for the subject
 */
export const answerSegments = (
  { include, exclude, lists, predicates, width, memory }: SegmentTable,
  userId: string | undefined,
  holds: (list: number) => boolean,
  states: Uint8Array,
): void => {
  memory.fill(0)
  markFlags(exclude, userId, memory, 0)
  markFlags(include, userId, memory, width)
  for (let segment = 0; segment < lists.length; segment++) {
    const list = at(lists, segment)
    if (list >= 0 && holds(list)) add(memory, width, segment)
  }
  for (let word = 0; word < width; word++)
    memory[width + word] = at(memory, width + word) & ~at(memory, word)
  for (const { number, segments } of predicates)
    for (const segment of segments)
      if (has(memory, width, segment)) {
        states[number] = MATCHES
        break
      }
}
