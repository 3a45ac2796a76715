import {
  compileFlag,
  type BrokenFlag,
  type CompiledFlag,
  type Condition,
  type Segments,
  type Serving,
} from '../worker/evaluate/index.ts'

import type { FlagCondition, FlagDefinition, FlagServe } from './flag-definition.ts'

/** @throws when the values are no list: that fails the compilation of this flag, and of no other one */
export const copyCondition = ({ values, ...condition }: FlagCondition): FlagCondition => {
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

const copyServe = (serve: FlagServe | undefined) =>
  typeof serve === 'string' ? serve : serve?.map((share) => ({ ...share }))

/** @throws for what is no variant: that fails the compilation of this flag, and of no other one */
const copyServing = (flag: FlagDefinition) => {
  const { type, variants, offVariant, serve, targets, bucketBy } = flag
  const copied = {
    type: type === 'boolean' ? undefined : type,
    variants: variants?.map(({ name, value }) => ({ name, value })),
    offVariant,
    serve: copyServe(serve),
    targets: targets?.map((target) => ({
      ...target,
      when: target.when.map(copyCondition),
      serve: copyServe(target.serve),
    })),
    bucketBy,
  }
  const isKnown = Object.entries(copied).filter(([, value]) => value !== undefined)
  return Object.fromEntries(isKnown) as Serving
}

/** Compiles one flag. A flag that cannot be read is off with an error, and does not affect the others. */
export const compileDefinition = (
  flag: FlagDefinition,
  segments: Segments,
): CompiledFlag | BrokenFlag => {
  try {
    const { key, enabled, rollout } = flag
    const serving = copyServing(flag)
    return compileFlag({ key, enabled, rollout, rules: copyRules(flag), ...serving }, segments)
  } catch {
    return { key: flag.key, broken: true as const }
  }
}
