import { evaluate, readSubject } from '../worker/evaluate/index.ts'
import type { FlagsContext } from './context.ts'
import { compileOne, detailsIn } from './edge.ts'
import type { FlagDefinition, FlagDetails } from './flag.ts'

/**
 * Evaluates one flag as the edge does, with the value's reason. Pure: no I/O, no clock.
 *
 * @example evaluateFlagDetails(flag, { userId: 'u-42' }).reason
 */
export const evaluateFlagDetails = (flag: FlagDefinition, context: FlagsContext): FlagDetails =>
  detailsIn(evaluate(compileOne(flag), readSubject(context)))

/**
 * Evaluates one flag as the edge does. Pure: no I/O, no clock.
 *
 * @example evaluateFlag({ key: 'a', enabled: true, rollout: 100, rules: null }, {}) // true
 */
export const evaluateFlag = (flag: FlagDefinition, context: FlagsContext): boolean =>
  evaluateFlagDetails(flag, context).value
