import {
  compileFlag,
  type BrokenFlag,
  type CompiledFlag,
  type Evaluation,
} from '../worker/evaluate/index.ts'
import type { FlagDefinition, FlagDetails } from './flag.ts'

/* Between the types that are published and those of the edge, which are not. */

const listsOf = ({ rules }: FlagDefinition) =>
  rules && {
    roles: [...(rules.roles ?? [])],
    cities: [...(rules.cities ?? [])],
    categories: [...(rules.categories ?? [])],
    allowList: [...(rules.allowList ?? [])],
    denyList: [...(rules.denyList ?? [])],
  }

/** A flag that cannot be read is off, says so, and leaves the others alone. */
export const compileOne = (flag: FlagDefinition): CompiledFlag | BrokenFlag => {
  try {
    const { key, enabled, rollout } = flag
    return compileFlag({ key, enabled, rollout, rules: listsOf(flag) })
  } catch {
    return { key: flag.key, broken: true as const }
  }
}

/** An evaluation, told without the key that was asked for. */
export const detailsIn = (evaluation: Evaluation): FlagDetails => {
  const { key: _, ...details } = evaluation
  return details
}
