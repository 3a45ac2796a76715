import { compileFlag, evaluate, readSubject, type Evaluation } from '../worker/evaluate/index.ts'
import type { FlagsContext } from './context.ts'

/** A flag as the service keeps it, as far as evaluation needs it. */
export type FlagDefinition = {
  readonly key: string
  readonly enabled: boolean
  /** Percent, 0 to 100. */
  readonly rollout: number
  readonly rules: {
    readonly roles?: readonly string[] | undefined
    readonly cities?: readonly string[] | undefined
    readonly categories?: readonly string[] | undefined
    readonly allowList?: readonly string[] | undefined
    readonly denyList?: readonly string[] | undefined
  } | null
}

/** A value, and why. */
export type FlagDetails = {
  readonly value: boolean
  readonly variant: 'on' | 'off'
  /** OpenFeature's. */
  readonly reason: string
  /** The step of the evaluation that decided; null when the flag could not be read. */
  readonly step: string | null
  readonly errorCode?: string
}

const listsOf = ({ rules }: FlagDefinition) =>
  rules && {
    roles: [...(rules.roles ?? [])],
    cities: [...(rules.cities ?? [])],
    categories: [...(rules.categories ?? [])],
    allowList: [...(rules.allowList ?? [])],
    denyList: [...(rules.denyList ?? [])],
  }

/** A flag that cannot be read is off, says so, and leaves the others alone. */
export const compileOne = (flag: FlagDefinition) => {
  try {
    const { key, enabled, rollout } = flag
    return compileFlag({ key, enabled, rollout, rules: listsOf(flag) })
  } catch {
    return { key: flag.key, broken: true as const }
  }
}

export const withoutKey = ({ key: _, ...details }: Evaluation): FlagDetails => details

/**
 * Evaluates one flag as the edge does, with the value's reason. Pure: no I/O, no clock.
 *
 * @example evaluateFlagDetails(flag, { userId: 'u-42' }).reason
 */
export const evaluateFlagDetails = (flag: FlagDefinition, context: FlagsContext): FlagDetails =>
  withoutKey(evaluate(compileOne(flag), readSubject(context)))

/**
 * Evaluates one flag as the edge does. Pure: no I/O, no clock.
 *
 * @example evaluateFlag({ key: 'a', enabled: true, rollout: 100, rules: null }, {}) // true
 */
export const evaluateFlag = (flag: FlagDefinition, context: FlagsContext): boolean =>
  evaluateFlagDetails(flag, context).value
