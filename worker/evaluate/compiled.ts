import { computeBucket, hashUser, type HashedUser } from './bucket.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import type { Evaluation } from './evaluate.ts'
import * as outcome from './outcome.ts'
import { readSubject } from './subject.ts'

/*
 * Evaluates all flags at once: each step runs on 32 flags at a time, where `evaluate` runs all steps on one flag.
 *
 * Flag number i is bit i % 32 of word i / 32, and a set of flags is `width` such words. A step is then a set operation:
 * the flags that pass the cities step are "the flags without cities" or "the flags that list this city", and the three
 * rules are joined with AND. Only a rollout of 1–99 costs something for each flag: a murmur3 of the user's hash.
 *
 * `steps.ts` is the specification; test/unit/evaluate/compiled.test.ts checks that both are equal.
 */

/* ── Sets of flags; several may lie in one array, each from its start ── */

/** All indices in this file are in bounds; the zero satisfies the type checker and costs nothing. */
const at = (column: Int32Array, index: number): number => column[index] ?? 0

const has = (set: Int32Array, offset: number, flag: number) =>
  (at(set, offset + (flag >>> 5)) & (1 << (flag & 31))) !== 0

const add = (set: Int32Array, offset: number, flag: number) => {
  set[offset + (flag >>> 5)] = at(set, offset + (flag >>> 5)) | (1 << (flag & 31))
}

/** Which flags mention a name: for each name a run of pairs, of a word number and the bits to set in it. */
type Mentions = {
  readonly numbers: ReadonlyMap<string, number>
  /** The start of the run of each name; it ends where the next one starts. */
  readonly starts: Int32Array
  readonly words: Int32Array
  readonly masks: Int32Array
}

type List = ReadonlySet<string> | undefined

/** Turns the names of each flag into the flags of each name. The first pass counts the pairs, the second writes them. */
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

/** Flags prepared to be evaluated together, for one context after another. */
export type CompiledFlags = {
  readonly keys: readonly string[]
  readonly width: number
  readonly enabled: Int32Array
  readonly denyList: Mentions
  readonly allowList: Mentions
  readonly roles: Mentions
  readonly cities: Mentions
  readonly categories: Mentions
  /** The sets of `Answers` for an empty context. */
  readonly blank: Int32Array
  /** The flags with a rollout of 100, and those with a rollout of 1–99. */
  readonly full: Int32Array
  readonly split: Int32Array
  readonly seeds: Int32Array
  /** The first bucket outside the rollout, less 2^31: int32 compare faster than uint32. */
  readonly thresholds: Int32Array
  /** How each flag ends when no list decides; those that split as if the user were outside. */
  readonly defaults: readonly outcome.Outcome[]
}

/** The results of all flags for one context. The number of a flag is its place in `flags.keys`. */
export type Answers = {
  readonly flags: CompiledFlags
  readonly hasUser: boolean
  /** The start of six sets, in the order of these constants. */
  readonly memory: Int32Array
  readonly start: number
}
const [DENY, ALLOW, ROLE, CITY, CATEGORY, ON, SETS] = [0, 1, 2, 3, 4, 5, 6] as const

/** Maps uint32 to int32, keeping the order. */
const toSigned = (uint32: number) => uint32 ^ (1 << 31)

const defaultOf = (flag: CompiledFlag | BrokenFlag): outcome.Outcome => {
  if ('broken' in flag) return outcome.BROKEN
  if (!flag.enabled) return outcome.DISABLED
  if (flag.rollout <= 0) return flag.hasRules ? outcome.TARGETED_ROLLOUT_0 : outcome.ROLLOUT_0
  if (flag.rollout >= 100) return flag.hasRules ? outcome.TARGETED_ROLLOUT_100 : outcome.ROLLOUT_100
  return outcome.OUTSIDE_ROLLOUT
}

/**
 * Prepares flags to be evaluated together. Takes a few microseconds a flag, once a snapshot version.
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

/** Allocating a typed array takes half a microsecond, so answers are slices of a larger one, like Node's buffers. */
const SLAB_LENGTH = 16_384
let slab = new Int32Array(0)
let used = 0

/** Finds that many free words in the slab. No word is used twice. */
const take = (words: number): number => {
  if (used + words > slab.length) {
    slab = new Int32Array(Math.max(words, SLAB_LENGTH))
    used = 0
  }
  used += words
  return used - words
}

/** Rollout of 32 flags at once, with one murmur3 each. Branch-free, because the branch would be unpredictable. */
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

/** The set of flags that are on, as bytes: equal for two contexts exactly when all values are equal. */
export const onSet = ({ flags: { width }, memory, start }: Answers): Uint8Array =>
  new Uint8Array(
    memory.buffer,
    (start + ON * width) * Int32Array.BYTES_PER_ELEMENT,
    width * Int32Array.BYTES_PER_ELEMENT,
  )

/** The outcome of a flag: that of the first step that decides, in the order of `steps.ts`. */
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

/** The evaluation of a flag in full, exactly as `evaluate` returns it. */
export const evaluationOf = (answers: Answers, flag: number): Evaluation => {
  const { code: _, ...details } = outcomeOf(answers, flag)
  return { key: answers.flags.keys[flag] ?? '', variant: details.value ? 'on' : 'off', ...details }
}
