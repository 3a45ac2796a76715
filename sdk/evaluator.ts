/* `@indietix/flags/evaluate`: the edge's evaluator, without the client. */

export { evaluateFlag, evaluateFlagDetails } from './evaluate.ts'
export type { FlagDefinition, FlagDetails } from './flag.ts'
export {
  compile,
  detailsOf,
  evaluateAll,
  isOn,
  valuesOf,
  type CompiledFlags,
  type Evaluations,
  type FlagsSnapshot,
} from './evaluate-all.ts'
export type { FlagsContext } from './context.ts'
