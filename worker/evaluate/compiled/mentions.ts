import { at } from './flag-sets.ts'

/** Which flags mention a name: for each name a run of pairs, of a word number and the bits to set in it. */
export type Mentions<Name> = {
  readonly numbers: ReadonlyMap<Name, number>
  /** The start of the run of each name; it ends where the next one starts. */
  readonly starts: Int32Array
  readonly words: Int32Array
  readonly masks: Int32Array
}

/** Turns the names of each flag into the flags of each name. The first pass counts the pairs, the second writes them. */
export const indexMentions = <Name>(
  lists: readonly (ReadonlySet<Name> | undefined)[],
): Mentions<Name> => {
  const numbers = new Map<Name, number>()
  const total = lists.reduce((sum, list) => sum + (list?.size ?? 0), 0)
  const starts = new Int32Array(total + 1)
  const lastWord = new Int32Array(total).fill(-1)
  const read = new Int32Array(total)
  let count = 0
  lists.forEach((list, flag) =>
    list?.forEach((name) => {
      let number = numbers.get(name)
      if (number === undefined) numbers.set(name, (number = numbers.size))
      read[count++] = number
      if (lastWord[number] !== flag >>> 5) starts[number + 1] = at(starts, number + 1) + 1
      lastWord[number] = flag >>> 5
    }),
  )
  for (let i = 1; i <= numbers.size; i++) starts[i] = at(starts, i) + at(starts, i - 1)
  const words = new Int32Array(at(starts, numbers.size))
  const masks = new Int32Array(words.length)
  const next = starts.slice()
  count = 0
  lists.forEach((list, flag) =>
    list?.forEach(() => {
      const number = at(read, count++)
      const end = at(next, number)
      const isOpen = end > at(starts, number) && words[end - 1] === flag >>> 5
      const pair = isOpen ? end - 1 : end
      words[pair] = flag >>> 5
      masks[pair] = at(masks, pair) | (1 << (flag & 31))
      next[number] = pair + 1
    }),
  )
  return { numbers, starts: starts.slice(0, numbers.size + 1), words, masks }
}

/** Adds the flags that mention a name to the set that starts there. */
export const markFlags = <Name>(
  mentions: Mentions<Name>,
  name: Name | undefined,
  memory: Int32Array,
  start: number,
): void => {
  const number = name === undefined ? undefined : mentions.numbers.get(name)
  if (number === undefined) return
  const end = at(mentions.starts, number + 1)
  for (let pair = at(mentions.starts, number); pair < end; pair++) {
    const word = start + at(mentions.words, pair)
    memory[word] = at(memory, word) | at(mentions.masks, pair)
  }
}
