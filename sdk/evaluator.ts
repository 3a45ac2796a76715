/* `@indietix/flags/evaluate`: the edge's evaluator, without the client. */

export {
  evaluateFlag,
  evaluateFlagDetails,
  type FlagDefinition,
  type FlagDetails,
} from './evaluate.ts'
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
