import { computeBucket, hashUser, type HashedUser } from '../bucket.ts'
import type { BrokenFlag, CompiledFlag } from '../compile.ts'
import { serveOutcome, type Evaluation } from '../evaluate.ts'
import * as outcome from '../outcome.ts'
import type { CompiledServing } from '../serving.ts'
import { readSubject, type Subject } from '../subject.ts'
import { compileConditionLists, markByConditions, type ConditionLists } from './condition-lists.ts'
import { add, at, has, remove } from './flag-sets.ts'
import { indexMentions, markFlags, type Mentions } from './mentions.ts'
import { takeWords } from './slab.ts'
import {
  evaluateOthers,
  findOther,
  listOtherAttributes,
  selectOthers,
  type OtherFlags,
} from './others.ts'

/*
 * Evaluates all flags at once: each step runs on 32 flags at a time, where `evaluate` runs all steps on one flag.
 *
 * A set of flags is `width` words (flag-sets.ts). A step is then a set operation: the flags that pass the cities step are
 * "the flags without cities" or "the flags that list this city", and the rules are joined with AND. Only a rollout of 1–99 costs something for each flag: a murmur3 of the user's hash.
 *
 * `steps.ts` is the specification; test/unit/evaluate/compiled.test.ts checks that both are equal.
 */

/* ── Compiling ── */

/** Flags prepared to be evaluated together, for one context after another. */
export type CompiledFlags = {
  readonly keys: readonly string[]
  readonly width: number
  readonly enabled: Int32Array
  readonly denyList: Mentions<string>
  readonly allowList: Mentions<string>
  readonly roles: Mentions<string>
  readonly cities: Mentions<string>
  readonly categories: Mentions<string>
  /** The names of the attributes that enabled flags use beside the lists. */
  readonly attributes: readonly string[]
  /** Absent when no flag has conditions. */
  readonly conditions: ConditionLists | undefined
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
  /** What each flag serves. Absent when all flags are on or off. */
  readonly servings: readonly (CompiledServing | undefined)[] | undefined
  readonly others: OtherFlags | undefined
}

/** The results of all flags for one context. The number of a flag is its place in `flags.keys`. */
export type Answers = {
  readonly flags: CompiledFlags
  readonly hasUser: boolean
  /** The start of six sets, in the order of these constants, and of a seventh when flags have conditions. */
  readonly memory: Int32Array
  readonly start: number
  /** The evaluations of `flags.others`. */
  readonly others: readonly Evaluation[]
}
const NO_OTHERS: readonly Evaluation[] = []
const [DENY, ALLOW, ROLE, CITY, CATEGORY, ON, WHERE] = [0, 1, 2, 3, 4, 5, 6] as const

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
  const conditions = compileConditionLists(readable)
  const others = selectOthers(all)
  const blank = new Int32Array((conditions ? WHERE + 1 : WHERE) * width)
  setOf((flag) => readable[flag]?.roles === undefined, blank, ROLE * width)
  setOf((flag) => readable[flag]?.cities === undefined, blank, CITY * width)
  setOf((flag) => readable[flag]?.categories === undefined, blank, CATEGORY * width)
  if (conditions) setOf((flag) => (readable[flag]?.where.length ?? 0) === 0, blank, WHERE * width)
  return {
    keys: all.map(({ key }) => key),
    width,
    enabled: setOf((flag) => readable[flag]?.enabled ?? false),
    denyList: indexMentions(readable.map((flag) => flag?.denyList)),
    allowList: indexMentions(readable.map((flag) => flag?.allowList)),
    roles: indexMentions(readable.map((flag) => flag?.roles)),
    cities: indexMentions(readable.map((flag) => flag?.cities)),
    categories: indexMentions(readable.map((flag) => flag?.categories)),
    attributes: [...new Set([...(conditions?.attributes ?? []), ...listOtherAttributes(others)])],
    conditions,
    blank,
    full: setOf((flag) => (readable[flag]?.rollout ?? 0) >= 100),
    split: setOf((flag) => defaults[flag] === outcome.OUTSIDE_ROLLOUT),
    seeds: Int32Array.from(readable, (flag) => flag?.seed ?? 0),
    thresholds: Int32Array.from(readable, (flag) =>
      toSigned(Math.ceil(((flag?.rollout ?? 0) * 2 ** 32) / 100)),
    ),
    defaults,
    servings: readable.some((flag) => flag?.serving)
      ? readable.map((flag) => flag?.serving)
      : undefined,
    others,
  }
}

/* ── Evaluating ── */

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

/** Evaluates the flags that a bit cannot answer. Their bit is the value of a boolean flag. */
const markOthers = (others: OtherFlags, answers: Answers, subject: Subject): Answers => {
  const evaluations = evaluateOthers(others, subject, (flag) => outcomeOf(answers, flag))
  const { flags, memory, start } = answers
  others.flags.forEach(({ number }, position) => {
    const change = evaluations[position]?.value === true ? add : remove
    change(memory, start + ON * flags.width, number)
  })
  return { ...answers, others: evaluations }
}

/**
 * Evaluates all flags for one context, any JSON at all. Pure, total, no I/O; at most one SHA-256.
 *
 * @example isOn(evaluateAll(flags, { userId: 'u-42', city: 'Mumbai' }), flags.keys.indexOf('feature.a'))
 */
export const evaluateAll = (flags: CompiledFlags, context: unknown): Answers => {
  const { width, blank, enabled, full, split, conditions, others } = flags
  const subject = readSubject(context)
  const { userId, role, city, categories } = subject
  const { memory, start } = takeWords(blank.length)
  for (let i = 0; i < blank.length; i++) memory[start + i] = at(blank, i)
  markFlags(flags.denyList, userId, memory, start + DENY * width)
  markFlags(flags.allowList, userId, memory, start + ALLOW * width)
  markFlags(flags.roles, role, memory, start + ROLE * width)
  markFlags(flags.cities, city, memory, start + CITY * width)
  for (const name of categories) markFlags(flags.categories, name, memory, start + CATEGORY * width)
  if (conditions) markByConditions(conditions, subject, memory, start + WHERE * width)

  let user: HashedUser | undefined
  for (let word = 0; word < width; word++) {
    const setOf = start + word
    const asked = at(enabled, word) & ~at(memory, setOf + DENY * width)
    const allowed = asked & at(memory, setOf + ALLOW * width)
    const targeted =
      (asked ^ allowed) &
      at(memory, setOf + ROLE * width) &
      at(memory, setOf + CITY * width) &
      at(memory, setOf + CATEGORY * width) &
      (conditions ? at(memory, setOf + WHERE * width) : -1)
    let on = allowed | (targeted & at(full, word))
    if (userId !== undefined && (targeted & at(split, word)) !== 0) {
      user ??= hashUser(userId)
      on |= splitWord(targeted & at(split, word), word, user, flags)
    }
    memory[setOf + ON * width] = on
  }
  const answers = { flags, hasUser: userId !== undefined, memory, start, others: NO_OTHERS }
  if (!others) return answers
  subject.hashedUser = user
  return markOthers(others, answers, subject)
}

/* ── Reading the answers ── */

/** Whether a flag is on: the value of a boolean flag. */
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
  if (flags.conditions && !has(memory, start + WHERE * width, flag)) return outcome.CONDITION_FAILS
  if (byDefault !== outcome.OUTSIDE_ROLLOUT) return byDefault
  if (!hasUser) return outcome.TARGETING_KEY_MISSING
  return has(memory, start + ON * width, flag) ? outcome.WITHIN_ROLLOUT : outcome.OUTSIDE_ROLLOUT
}

/** The evaluation of a flag in full, exactly as `evaluate` returns it. */
export const evaluationOf = (answers: Answers, flag: number): Evaluation => {
  const { flags, others } = answers
  return (
    findOther(flags.others, others, flag) ??
    serveOutcome(flags.keys[flag] ?? '', flags.servings?.[flag], outcomeOf(answers, flag))
  )
}

/** The value of a flag of any type. */
export const valueAt = (answers: Answers, flag: number): unknown =>
  answers.flags.servings?.[flag] ? evaluationOf(answers, flag).value : isOn(answers, flag)
