import { computeBucket, hashUser, type HashedUser } from './bucket.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import type { Evaluation } from './evaluate.ts'
import * as outcome from './outcome.ts'
import { readSubject } from './subject.ts'

/*
 * All flags at once. `evaluate` asks one flag every question; here every question is asked of 32 flags at a time.
 *
 * Flag number i is bit i % 32 of word i / 32, and a set of flags is `width` such words. Then a step is a set
 * operation: whom the cities let pass is "the flags without a list of cities" united with "the flags that list
 * this city", and all three targeting steps are two ANDs. Only a flag that comes down to a share of users costs
 * anything of its own: a murmur3, under its seed, of the user, who was hashed once.
 *
 * `steps.ts` is the specification; test/unit/evaluate/compiled.test.ts holds this equal to it.
 */

/* ── Sets of flags; several may lie in one array, each from its start ── */

/** Every index in this file is in bounds by construction; the zero is for the type checker, and costs nothing. */
const at = (column: Int32Array, index: number): number => column[index] ?? 0

const has = (set: Int32Array, offset: number, flag: number) =>
  (at(set, offset + (flag >>> 5)) & (1 << (flag & 31))) !== 0

const add = (set: Int32Array, offset: number, flag: number) => {
  set[offset + (flag >>> 5)] = at(set, offset + (flag >>> 5)) | (1 << (flag & 31))
}

/** Which flags name what: for each name a run of pairs, the number of a word and the bits to set in it. */
type Mentions = {
  readonly numbers: ReadonlyMap<string, number>
  /** Where the run of the name with this number starts; the next one's start is its end. */
  readonly starts: Int32Array
  readonly words: Int32Array
  readonly masks: Int32Array
}

type List = ReadonlySet<string> | undefined

/** Turns each flag's list of names into each name's set of flags. Two passes: one counts the pairs, one writes them. */
const mentionsIn = (lists: readonly List[]): Mentions => {
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
const mark = (mentions: Mentions, name: string | undefined, memory: Int32Array, start: number) => {
  const number = name === undefined ? undefined : mentions.numbers.get(name)
  if (number === undefined) return
  const end = at(mentions.starts, number + 1)
  for (let pair = at(mentions.starts, number); pair < end; pair++) {
    const word = start + at(mentions.words, pair)
    memory[word] = at(memory, word) | at(mentions.masks, pair)
  }
}

/* ── Compiling ── */

/** Flags made ready to be evaluated together, for one context after another. */
export type CompiledFlags = {
  readonly keys: readonly string[]
  readonly width: number
  readonly enabled: Int32Array
  readonly denyList: Mentions
  readonly allowList: Mentions
  readonly roles: Mentions
  readonly cities: Mentions
  readonly categories: Mentions
  /** The sets of `Answers` for a context of which nothing is known. */
  readonly blank: Int32Array
  /** Those with a rollout of 100, and those with one between. */
  readonly full: Int32Array
  readonly split: Int32Array
  readonly seeds: Int32Array
  /** The first bucket outside the rollout, less 2^31: int32 compare faster than uint32. */
  readonly thresholds: Int32Array
  /** How each flag ends when no list decides; those that split as if the user were outside. */
  readonly defaults: readonly outcome.Outcome[]
}

/** What all flags are for one context. Flags go by their number, their place in `flags.keys`. */
export type Answers = {
  readonly flags: CompiledFlags
  readonly hasUser: boolean
  /** Where six sets lie, one after the other, in the order of these constants. */
  readonly memory: Int32Array
  readonly start: number
}
const [DENY, ALLOW, ROLE, CITY, CATEGORY, ON, SETS] = [0, 1, 2, 3, 4, 5, 6] as const

/** Puts uint32 in order as int32. */
const toSigned = (uint32: number) => uint32 ^ (1 << 31)

const defaultOf = (flag: CompiledFlag | BrokenFlag): outcome.Outcome => {
  if ('broken' in flag) return outcome.BROKEN
  if (!flag.enabled) return outcome.DISABLED
  if (flag.rollout <= 0) return flag.hasRules ? outcome.TARGETED_ROLLOUT_0 : outcome.ROLLOUT_0
  if (flag.rollout >= 100) return flag.hasRules ? outcome.TARGETED_ROLLOUT_100 : outcome.ROLLOUT_100
  return outcome.OUTSIDE_ROLLOUT
}

/**
 * Makes flags ready to be evaluated together. Costs a few microseconds a flag, once a snapshot version.
 *
 * @example compileFlags(snapshot.flags.map(compileFlag))
 */
export const compileFlags = (flags: Iterable<CompiledFlag | BrokenFlag>): CompiledFlags => {
  const all = [...flags]
  const readable = all.map((flag) => ('broken' in flag ? undefined : flag))
  const defaults = all.map(defaultOf)
  const width = Math.ceil(all.length / 32)
  const setOf = (holds: (flag: number) => boolean, set = new Int32Array(width), offset = 0) => {
    for (let flag = 0; flag < all.length; flag++) if (holds(flag)) add(set, offset, flag)
    return set
  }
  const blank = new Int32Array(SETS * width)
  setOf((flag) => readable[flag]?.roles === undefined, blank, ROLE * width)
  setOf((flag) => readable[flag]?.cities === undefined, blank, CITY * width)
  setOf((flag) => readable[flag]?.categories === undefined, blank, CATEGORY * width)
  return {
    keys: all.map(({ key }) => key),
    width,
    enabled: setOf((flag) => readable[flag]?.enabled ?? false),
    denyList: mentionsIn(readable.map((flag) => flag?.denyList)),
    allowList: mentionsIn(readable.map((flag) => flag?.allowList)),
    roles: mentionsIn(readable.map((flag) => flag?.roles)),
    cities: mentionsIn(readable.map((flag) => flag?.cities)),
    categories: mentionsIn(readable.map((flag) => flag?.categories)),
    blank,
    full: setOf((flag) => (readable[flag]?.rollout ?? 0) >= 100),
    split: setOf((flag) => defaults[flag] === outcome.OUTSIDE_ROLLOUT),
    seeds: Int32Array.from(readable, (flag) => flag?.seed ?? 0),
    thresholds: Int32Array.from(readable, (flag) =>
      toSigned(Math.ceil(((flag?.rollout ?? 0) * 2 ** 32) / 100)),
    ),
    defaults,
  }
}

/* ── Evaluating ── */

/** A typed array of its own costs half a microsecond; so answers are cut from a larger one, as Node's buffers are. */
const SLAB_LENGTH = 16_384
let slab = new Int32Array(0)
let used = 0

/** Where in the slab that many words are free. No word is ever given out twice. */
const take = (words: number): number => {
  if (used + words > slab.length) {
    slab = new Int32Array(Math.max(words, SLAB_LENGTH))
    used = 0
  }
  used += words
  return used - words
}

/** Who of 32 flags gets the user: one murmur3 for each that is asked. No branch, since it could not be foreseen. */
const splitWord = (asked: number, word: number, user: HashedUser, flags: CompiledFlags): number => {
  let on = 0
  for (let left = asked; left !== 0; left &= left - 1) {
    const bit = left & -left
    const flag = (word << 5) | (31 - Math.clz32(bit))
    const bucket = toSigned(computeBucket(user, at(flags.seeds, flag)))
    on |= bit & -Number(bucket < at(flags.thresholds, flag))
  }
  return on
}

/**
 * Evaluates all flags for one context, any JSON at all. Pure, total, no I/O; at most one SHA-256.
 *
 * @example isOn(evaluateAll(flags, { userId: 'u-42', city: 'Mumbai' }), flags.keys.indexOf('feature.a'))
 */
export const evaluateAll = (flags: CompiledFlags, context: unknown): Answers => {
  const { width, blank, enabled, full, split } = flags
  const { userId, role, city, categories } = readSubject(context)
  const start = take(blank.length)
  const memory = slab
  for (let i = 0; i < blank.length; i++) memory[start + i] = at(blank, i)
  mark(flags.denyList, userId, memory, start + DENY * width)
  mark(flags.allowList, userId, memory, start + ALLOW * width)
  mark(flags.roles, role, memory, start + ROLE * width)
  mark(flags.cities, city, memory, start + CITY * width)
  for (const name of categories) mark(flags.categories, name, memory, start + CATEGORY * width)

  let user: HashedUser | undefined
  for (let word = 0; word < width; word++) {
    const setOf = start + word
    const asked = at(enabled, word) & ~at(memory, setOf + DENY * width)
    const allowed = asked & at(memory, setOf + ALLOW * width)
    const targeted =
      (asked ^ allowed) &
      at(memory, setOf + ROLE * width) &
      at(memory, setOf + CITY * width) &
      at(memory, setOf + CATEGORY * width)
    let on = allowed | (targeted & at(full, word))
    if (userId !== undefined && (targeted & at(split, word)) !== 0) {
      user ??= hashUser(userId)
      on |= splitWord(targeted & at(split, word), word, user, flags)
    }
    memory[setOf + ON * width] = on
  }
  return { flags, hasUser: userId !== undefined, memory, start }
}

/* ── Reading the answers ── */

/** Whether a flag is on. */
export const isOn = ({ flags, memory, start }: Answers, flag: number): boolean =>
  has(memory, start + ON * flags.width, flag)

/** The set of the flags that are on, as bytes: what two contexts have in common when all their values are the same. */
export const onSet = ({ flags: { width }, memory, start }: Answers): Uint8Array =>
  new Uint8Array(
    memory.buffer,
    (start + ON * width) * Int32Array.BYTES_PER_ELEMENT,
    width * Int32Array.BYTES_PER_ELEMENT,
  )

/** How a flag's evaluation ended: the first step that had an answer, in the order of `steps.ts`. */
export const outcomeOf = (
  { flags, hasUser, memory, start }: Answers,
  flag: number,
): outcome.Outcome => {
  const { width } = flags
  const byDefault = flags.defaults[flag] ?? outcome.BROKEN
  if (!has(flags.enabled, 0, flag)) return byDefault
  if (has(memory, start + DENY * width, flag)) return outcome.DENIED
  if (has(memory, start + ALLOW * width, flag)) return outcome.ALLOWED
  if (!has(memory, start + ROLE * width, flag)) return outcome.NOT_ROLE
  if (!has(memory, start + CITY * width, flag)) return outcome.NOT_CITY
  if (!has(memory, start + CATEGORY * width, flag)) return outcome.NOT_CATEGORY
  if (byDefault !== outcome.OUTSIDE_ROLLOUT) return byDefault
  if (!hasUser) return outcome.TARGETING_KEY_MISSING
  return has(memory, start + ON * width, flag) ? outcome.WITHIN_ROLLOUT : outcome.OUTSIDE_ROLLOUT
}

/** A flag's evaluation in full, exactly as `evaluate` tells it. */
export const evaluationOf = (answers: Answers, flag: number): Evaluation => {
  const { code: _, ...details } = outcomeOf(answers, flag)
  return { key: answers.flags.keys[flag] ?? '', variant: details.value ? 'on' : 'off', ...details }
}
