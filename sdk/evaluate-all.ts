import {
  compileFlags,
  evaluateAll as evaluateCompiled,
  evaluationOf,
  isOn as isOnAt,
  type Answers,
  type CompiledFlags as Compiled,
} from '../worker/evaluate/index.ts'
import type { FlagsContext } from './context.ts'
import { compileOne, detailsIn } from './edge.ts'
import type { FlagDefinition, FlagDetails } from './flag.ts'

/* For those who evaluate in process: all flags at once, a few nanoseconds a flag, exactly as the edge does. */

/** Whatever holds flags: what `GET /api/export` answers, or a list of your own. */
export type FlagsSnapshot = { readonly flags: readonly FlagDefinition[] }

/** Flags made ready to be evaluated together, for one context after another. */
export type CompiledFlags = { readonly keys: readonly string[] }

/** What all flags are for one context; read with `isOn`, `detailsOf` and `valuesOf`. */
export type Evaluations = { readonly flags: CompiledFlags }

/** What these types hide is the edge's own; `compile` and `evaluateAll` are the only ones to make them. */
const answersOf = (evaluations: Evaluations) => evaluations as Answers

const numbers = new WeakMap<CompiledFlags, ReadonlyMap<string, number>>()

/**
 * Makes flags ready. Costs a few microseconds a flag: compile once a version, not once a request.
 *
 * @example const compiled = compile(await (await fetch(`${url}/api/export`, { headers })).json())
 */
export const compile = ({ flags }: FlagsSnapshot): CompiledFlags => {
  const compiled = compileFlags(flags.map(compileOne))
  numbers.set(compiled, new Map(compiled.keys.map((key, number) => [key, number])))
  return compiled
}

/** Evaluates all flags for one context. Pure, total, no I/O; at most one SHA-256. */
export const evaluateAll = (compiled: CompiledFlags, context: FlagsContext): Evaluations =>
  evaluateCompiled(compiled as Compiled, context)

const numberOf = ({ flags }: Evaluations, key: string) => numbers.get(flags)?.get(key)

/** Whether a flag is on; one that is not known is off. */
export const isOn = (evaluations: Evaluations, key: string): boolean => {
  const number = numberOf(evaluations, key)
  return number !== undefined && isOnAt(answersOf(evaluations), number)
}

/** A flag's value, and why; undefined when it is not known. */
export const detailsOf = (evaluations: Evaluations, key: string): FlagDetails | undefined => {
  const number = numberOf(evaluations, key)
  return number === undefined ? undefined : detailsIn(evaluationOf(answersOf(evaluations), number))
}

/** The values of all flags, by key. */
export const valuesOf = (evaluations: Evaluations): Record<string, boolean> =>
  Object.fromEntries(
    evaluations.flags.keys.map((key, number) => [key, isOnAt(answersOf(evaluations), number)]),
  )
