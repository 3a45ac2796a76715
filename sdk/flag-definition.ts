import {
  compileFlag,
  type BrokenFlag,
  type CompiledFlag,
  type Condition,
  type Serving,
} from '../worker/evaluate/index.ts'

/* A flag as an app gives it to the evaluator: of any origin, and perhaps wrong. */

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

/** The name of a variant, or shares of several. */
export type FlagServe = string | readonly { readonly variant: string; readonly weight: number }[]

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
  /** The type of the values: boolean when absent, else string, number or json. */
  readonly type?: string | undefined
  /** The values by name. A boolean flag has `on` and `off`. */
  readonly variants?: readonly { readonly name: string; readonly value: unknown }[] | undefined
  /** The variant for users who do not get the flag. */
  readonly offVariant?: string | undefined
  /** The variant for users who get it, or shares of several. */
  readonly serve?: FlagServe | undefined
  /** The first one that a user matches decides, after the allow list. */
  readonly targets?:
    | readonly {
        readonly id: string
        readonly when: readonly FlagCondition[]
        readonly rollout?: number | undefined
        readonly serve: FlagServe
      }[]
    | undefined
  /** The attribute whose value decides shares; the user id when absent. */
  readonly bucketBy?: string | undefined
}

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
export const compileDefinition = (flag: FlagDefinition): CompiledFlag | BrokenFlag => {
  try {
    const { key, enabled, rollout } = flag
    return compileFlag({ key, enabled, rollout, rules: copyRules(flag), ...copyServing(flag) })
  } catch {
    return { key: flag.key, broken: true as const }
  }
}
