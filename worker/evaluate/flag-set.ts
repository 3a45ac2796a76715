/*
 * Sets of flags. Flag number i is bit i % 32 of word i / 32; several sets may lie in one array, each from its start.
 */

/** Every index in this folder is in bounds by construction; the zero is for the type checker, and costs nothing. */
export const at = (column: Int32Array, index: number): number => column[index] ?? 0

export const has = (set: Int32Array, offset: number, flag: number) =>
  (at(set, offset + (flag >>> 5)) & (1 << (flag & 31))) !== 0

export const add = (set: Int32Array, offset: number, flag: number) => {
  set[offset + (flag >>> 5)] = at(set, offset + (flag >>> 5)) | (1 << (flag & 31))
}

/** Which flags name what: for each name a run of pairs, the number of a word and the bits to set in it. */
export type Mentions = {
  readonly numbers: ReadonlyMap<string, number>
  /** Where the run of the name with this number starts; the next one's start is its end. */
  readonly starts: Int32Array
  readonly words: Int32Array
  readonly masks: Int32Array
}

type List = ReadonlySet<string> | undefined

/** Turns each flag's list of names into each name's set of flags. Two passes: one counts the pairs, one writes them. */
export const mentionsIn = (lists: readonly List[]): Mentions => {
  const numbers = new Map<string, number>()
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
export const mark = (
  mentions: Mentions,
  name: string | undefined,
  memory: Int32Array,
  start: number,
) => {
  const number = name === undefined ? undefined : mentions.numbers.get(name)
  if (number === undefined) return
  const end = at(mentions.starts, number + 1)
  for (let pair = at(mentions.starts, number); pair < end; pair++) {
    const word = start + at(mentions.words, pair)
    memory[word] = at(memory, word) | at(mentions.masks, pair)
  }
}
