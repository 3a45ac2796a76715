import { COUNTED_EVENT_TYPES, isCountedEvent } from '../../schema/counted-events.ts'

/** Edits up to which two names are the same word for a person: `booking.confirm` is two from `booking.confirmed`. */
const MAX_DISTANCE = 2

/**
 * The edits between two texts: letters added, removed, replaced, or swapped with their neighbour (optimal string
 * alignment). Texts have at most 64 characters.
 */
export const measureEdits = (a: string, b: string): number => {
  let [before, previous] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          (previous[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (previous[j - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    ;[before, previous] = [previous, row]
  }
  return previous.at(-1) ?? 0
}

const splitWords = (type: string) => type.split(/[._-]+/)

/** A word with something before it is another word: `unconfirmed`, `reviewed`. */
const hasPrefix = (words: readonly string[], counted: readonly string[]) =>
  words.length === counted.length &&
  words.some((word) => counted.some((one) => word !== one && word.endsWith(one)))

/** Separators and the order of words do not matter. */
const measureDistance = (words: readonly string[], counted: readonly string[]) =>
  Math.min(
    measureEdits(words.join(''), counted.join('')),
    measureEdits(words.toSorted().join(''), counted.toSorted().join('')),
  )

/** Finds the counted event type that a sender probably meant. Undefined for a counted type, and for another word. */
export const suggestEventType = (type: string): string | undefined => {
  if (isCountedEvent(type)) return undefined
  const words = splitWords(type)
  const [nearest] = COUNTED_EVENT_TYPES.map((counted) => ({ counted, own: splitWords(counted) }))
    .filter(({ own }) => !hasPrefix(words, own))
    .map(({ counted, own }) => ({ counted, distance: measureDistance(words, own) }))
    .toSorted((a, b) => a.distance - b.distance)
  return nearest && nearest.distance <= MAX_DISTANCE ? nearest.counted : undefined
}
