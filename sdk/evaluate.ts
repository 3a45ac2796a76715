import {
  compileFlag,
  compileFlags,
  evaluate,
  evaluateAll as evaluateCompiled,
  evaluationOf,
  isOn as isOnAt,
  readSubject,
  type Answers,
  type BrokenFlag,
  type CompiledFlag,
  type Condition,
  type CompiledFlags as EdgeFlags,
  type Evaluation,
} from '../worker/evaluate/index.ts'
import type { FlagsContext } from './context.ts'

/* `@indietix/flags/evaluate`: the evaluator of the edge, for evaluation in process. Pure: no I/O, no clock. */

export type { FlagsContext } from './context.ts'

/** A condition on an attribute, as in `rules.where` of a flag. */
export type FlagCondition = {
  readonly attribute: string
  /** Absent for `exists`. */
  readonly values?: readonly (string | number | boolean)[]
  readonly operator: string
  readonly ignoreCase?: boolean | undefined
  readonly negate?: boolean | undefined
  readonly whenMissing?: boolean | undefined
}

/** The part of a flag that evaluation needs. */
export type FlagDefinition = {
  readonly key: string
  readonly enabled: boolean
  /** Percent, 0 to 100, with up to three decimals. */
  readonly rollout: number
  readonly rules: {
    readonly roles?: readonly string[] | undefined
    readonly cities?: readonly string[] | undefined
    readonly categories?: readonly string[] | undefined
    readonly allowList?: readonly string[] | undefined
    readonly denyList?: readonly string[] | undefined
    /** Conditions that all must hold. */
    readonly where?: readonly FlagCondition[] | undefined
  } | null
}

/** The value of a flag and its reason. */
export type FlagDetails = {
  readonly value: boolean
  readonly variant: 'on' | 'off'
  /** An OpenFeature reason. */
  readonly reason: string
  /** The step of the evaluation that decided; null when the flag could not be read. */
  readonly step: string | null
  readonly errorCode?: string
}

/** Anything that holds flags: the answer of `GET /api/export`, or a list of your own. */
export type FlagsSnapshot = { readonly flags: readonly FlagDefinition[] }

/** Flags that are ready to be evaluated together, for one context after another. */
export type CompiledFlags = { readonly keys: readonly string[] }

/** The results of all flags for one context. Read them with `isOn`, `detailsOf` and `valuesOf`. */
export type Evaluations = { readonly flags: CompiledFlags }

/** @throws when the values are no list: that fails the compilation of this flag, and of no other one */
const copyCondition = ({ values, ...condition }: FlagCondition): FlagCondition => {
  if (condition.operator === 'exists') return condition
  if (!Array.isArray(values)) throw new TypeError('values must be a list')
  return { ...condition, values: [...values] }
}

const copyRules = ({ rules }: FlagDefinition) =>
  rules && {
    roles: [...(rules.roles ?? [])],
    cities: [...(rules.cities ?? [])],
    categories: [...(rules.categories ?? [])],
    allowList: [...(rules.allowList ?? [])],
    denyList: [...(rules.denyList ?? [])],
    // An operator that does not exist fails the compilation of its flag, and no other one.
    where: (rules.where ?? []).map(copyCondition) as Condition[],
  }

/** Compiles one flag. A flag that cannot be read is off with an error, and does not affect the others. */
const compileDefinition = (flag: FlagDefinition): CompiledFlag | BrokenFlag => {
  try {
    const { key, enabled, rollout } = flag
    return compileFlag({ key, enabled, rollout, rules: copyRules(flag) })
  } catch {
    return { key: flag.key, broken: true as const }
  }
}

const toDetails = (evaluation: Evaluation): FlagDetails => {
  const { key: _, ...details } = evaluation
  return details
}

/**
 * Evaluates one flag as the edge does and says why it has its value.
 *
 * @example evaluateFlagDetails(flag, { userId: 'u-42' }).reason
 */
export const evaluateFlagDetails = (flag: FlagDefinition, context: FlagsContext): FlagDetails =>
  toDetails(evaluate(compileDefinition(flag), readSubject(context)))

/**
 * Evaluates one flag as the edge does.
 *
 * @example evaluateFlag({ key: 'a', enabled: true, rollout: 100, rules: null }, {}) // true
 */
export const evaluateFlag = (flag: FlagDefinition, context: FlagsContext): boolean =>
  evaluateFlagDetails(flag, context).value

/** The edge's flags, and what reads them by key. */
type ReadableFlags = EdgeFlags & {
  readonly positions: ReadonlyMap<string, number>
  /** The record of a context for which no flag is on. */
  readonly allOff: Readonly<Record<string, boolean>>
}

/** The published type hides the members of the edge's type; only `compile` and `evaluateAll` make values of it. */
const toAnswers = (evaluations: Evaluations) =>
  evaluations as Answers & { readonly flags: ReadableFlags }

const findPosition = (evaluations: Evaluations, key: string) =>
  toAnswers(evaluations).flags.positions.get(key)

/**
 * Prepares flags for `evaluateAll`. It costs a few microseconds a flag: call it once a version, not once a request.
 *
 * @example const compiled = compile(await (await fetch(`${url}/api/export`, { headers })).json())
 */
export const compile = ({ flags }: FlagsSnapshot): CompiledFlags => {
  // Of two flags with one key the last one counts, as at the edge.
  const byKey = new Map(flags.map((flag) => [flag.key, flag]))
  const compiled = compileFlags(Array.from(byKey.values(), compileDefinition))
  const readable: ReadableFlags = {
    ...compiled,
    positions: new Map(compiled.keys.map((key, position) => [key, position])),
    allOff: Object.fromEntries(compiled.keys.map((key) => [key, false])),
  }
  return readable
}

/** Evaluates all flags for one context, with at most one SHA-256. */
export const evaluateAll = (compiled: CompiledFlags, context: FlagsContext): Evaluations =>
  evaluateCompiled(compiled as EdgeFlags, context)

/** True when the flag is on. An unknown flag is off. */
export const isOn = (evaluations: Evaluations, key: string): boolean => {
  const position = findPosition(evaluations, key)
  return position !== undefined && isOnAt(toAnswers(evaluations), position)
}

/** The value of a flag and its reason; undefined when the flag is unknown. */
export const detailsOf = (evaluations: Evaluations, key: string): FlagDetails | undefined => {
  const position = findPosition(evaluations, key)
  return position === undefined
    ? undefined
    : toDetails(evaluationOf(toAnswers(evaluations), position))
}

/** Engines keep larger objects as hash tables, which they copy slowly. */
const MAX_COPIED_KEYS = 1_000

/** The values of all flags by key. A record is copied in a sixth of the time that it takes to build one. */
export const valuesOf = (evaluations: Evaluations): Record<string, boolean> => {
  const answers = toAnswers(evaluations)
  const { keys, allOff } = answers.flags
  if (keys.length > MAX_COPIED_KEYS)
    return Object.fromEntries(keys.map((key, position) => [key, isOnAt(answers, position)]))
  const values = { ...allOff }
  for (let position = 0; position < keys.length; position++)
    if (isOnAt(answers, position)) values[keys[position] ?? ''] = true
  return values
}
