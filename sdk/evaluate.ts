import {
  compileFlags,
  evaluate,
  evaluateAll as evaluateCompiled,
  evaluationOf,
  isOn as isOnAt,
  readSubject,
  valueAt,
  type Answers,
  type CompiledFlags as EdgeFlags,
  type Evaluation,
} from '../worker/evaluate/index.ts'
import type { FlagsContext } from './context.ts'
import { compileDefinition } from './compile-definition.ts'
import type { FlagDefinition, SegmentDefinition } from './flag-definition.ts'
import { compileSegments } from './segment-definition.ts'

/* `@indietix/flags/evaluate`: the evaluator of the edge, for evaluation in process. Pure: no I/O, no clock. */

export type { FlagsContext } from './context.ts'
export type { FlagCondition, FlagDefinition, SegmentDefinition } from './flag-definition.ts'

/** The value of a flag and its reason. */
export type FlagDetails<Value = boolean> = {
  readonly value: Value
  readonly variant: string
  /** An OpenFeature reason. */
  readonly reason: string
  /** The step of the evaluation that decided; null when the flag could not be read. */
  readonly step: string | null
  /** The id of the target that decided. */
  readonly target?: string
  readonly errorCode?: string
}

/** Anything that holds flags: the answer of `GET /api/export`, or a list of your own. */
export type FlagsSnapshot = {
  readonly flags: readonly FlagDefinition[]
  readonly segments?: readonly SegmentDefinition[]
}

/** Flags that are ready to be evaluated together, for one context after another. */
export type CompiledFlags = { readonly keys: readonly string[] }

/** The results of all flags for one context. Read them with `isOn`, `detailsOf` and `valuesOf`. */
export type Evaluations = { readonly flags: CompiledFlags }

const toDetails = <Value>(evaluation: Evaluation): FlagDetails<Value> => {
  const { key: _, ...details } = evaluation
  return details as FlagDetails<Value>
}

const hasType = <Value>(value: unknown, like: Value): value is Value =>
  value !== undefined && (like === null || like === undefined || typeof value === typeof like)

/**
 * Evaluates one flag as the edge does and says why it has its value.
 *
 * @param segments those that the flag's conditions name; one that is not among them is unknown
 * @example evaluateFlagDetails(flag, { userId: 'u-42' }).reason
 */
export const evaluateFlagDetails = <Value = boolean>(
  flag: FlagDefinition,
  context: FlagsContext,
  segments: readonly SegmentDefinition[] = [],
): FlagDetails<Value> =>
  toDetails(evaluate(compileDefinition(flag, compileSegments(segments)), readSubject(context)))

/**
 * Evaluates one flag of any type. A value of another type than the default gives the default.
 *
 * @example evaluateFlagValue(flag, { userId: 'u-42' }, 'blue')
 */
export const evaluateFlagValue = <Value>(
  flag: FlagDefinition,
  context: FlagsContext,
  defaultValue: Value,
  segments: readonly SegmentDefinition[] = [],
): Value => {
  const { value, errorCode } = evaluateFlagDetails<unknown>(flag, context, segments)
  return errorCode !== 'PARSE_ERROR' && hasType(value, defaultValue) ? value : defaultValue
}

/**
 * Evaluates one flag as the edge does.
 *
 * @example evaluateFlag({ key: 'a', enabled: true, rollout: 100, rules: null }, {}) // true
 */
export const evaluateFlag = (
  flag: FlagDefinition,
  context: FlagsContext,
  segments: readonly SegmentDefinition[] = [],
): boolean => evaluateFlagDetails<unknown>(flag, context, segments).value === true

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
export const compile = ({ flags, segments: definitions }: FlagsSnapshot): CompiledFlags => {
  // Of two flags with one key the last one counts, as at the edge.
  const byKey = new Map(flags.map((flag) => [flag.key, flag]))
  const segments = compileSegments(definitions)
  const compiled = compileFlags(
    Array.from(byKey.values(), (flag) => compileDefinition(flag, segments)),
  )
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

/** True when a boolean flag is on. An unknown flag is off, and so is one of another type. */
export const isOn = (evaluations: Evaluations, key: string): boolean => {
  const position = findPosition(evaluations, key)
  if (position === undefined) return false
  const answers = toAnswers(evaluations)
  return answers.flags.servings ? valueAt(answers, position) === true : isOnAt(answers, position)
}

/** The value of a flag of any type. The default when the flag is unknown or its value has another type. */
export const valueOf = <Value>(
  evaluations: Evaluations,
  key: string,
  defaultValue: Value,
): Value => {
  const position = findPosition(evaluations, key)
  const value = position === undefined ? undefined : valueAt(toAnswers(evaluations), position)
  return hasType(value, defaultValue) ? value : defaultValue
}

/** The value of a flag and its reason; undefined when the flag is unknown. */
export const detailsOf = <Value = boolean>(
  evaluations: Evaluations,
  key: string,
): FlagDetails<Value> | undefined => {
  const position = findPosition(evaluations, key)
  return position === undefined
    ? undefined
    : toDetails(evaluationOf(toAnswers(evaluations), position))
}

/** Engines keep larger objects as hash tables, which they copy slowly. */
const MAX_COPIED_KEYS = 1_000

/** The values of the flags of every type by key. */
export const allValuesOf = (evaluations: Evaluations): Record<string, unknown> => {
  const answers = toAnswers(evaluations)
  return Object.fromEntries(
    answers.flags.keys.map((key, position) => [key, valueAt(answers, position)]),
  )
}

const isBooleanAt = ({ servings }: EdgeFlags, position: number): boolean =>
  (servings?.[position]?.type ?? 'boolean') === 'boolean'

/** The values of the boolean flags by key. A record is copied in a sixth of the time that it takes to build one. */
export const valuesOf = (evaluations: Evaluations): Record<string, boolean> => {
  const answers = toAnswers(evaluations)
  const { keys, allOff } = answers.flags
  if (answers.flags.servings)
    return Object.fromEntries(
      keys.flatMap((key, position) =>
        isBooleanAt(answers.flags, position) ? [[key, isOnAt(answers, position)]] : [],
      ),
    )
  if (keys.length > MAX_COPIED_KEYS)
    return Object.fromEntries(keys.map((key, position) => [key, isOnAt(answers, position)]))
  const values = { ...allOff }
  for (let position = 0; position < keys.length; position++)
    if (isOnAt(answers, position)) values[keys[position] ?? ''] = true
  return values
}
