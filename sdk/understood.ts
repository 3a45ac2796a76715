import { operators } from '../worker/evaluate/index.ts'

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const FLAG: readonly string[] = [
  'key',
  'enabled',
  'rollout',
  'rules',
  'broken',
  'type',
  'variants',
  'offVariant',
  'serve',
  'targets',
  'bucketBy',
]
const RULES: readonly string[] = ['roles', 'cities', 'categories', 'allowList', 'denyList', 'where']
const CONDITION: readonly string[] = [
  'attribute',
  'operator',
  'values',
  'negate',
  'whenMissing',
  'ignoreCase',
]

const hasOnly = (value: unknown, names: readonly string[]): boolean =>
  Object.keys(Object(value) as object).every((name) => names.includes(name))

const isUnderstoodCondition = (condition: unknown): boolean => {
  const { operator } = Object(condition) as { operator?: unknown }
  const isKnown = operator === 'exists' || Object.hasOwn(operators, String(operator))
  return isKnown && hasOnly(condition, CONDITION)
}

const TARGET: readonly string[] = ['id', 'description', 'when', 'rollout', 'serve']

const isUnderstoodTarget = (target: unknown): boolean => {
  const { when } = Object(target) as { when?: unknown }
  return hasOnly(target, TARGET) && (isList(when) ? when : []).every(isUnderstoodCondition)
}

/** A flag with a rule of a newer service cannot be evaluated here. Without that rule its value would be wrong. */
export const isUnderstood = (
  flag: object & { readonly rules?: unknown; readonly targets?: unknown },
): boolean => {
  const { where } = Object(flag.rules) as { where?: unknown }
  const conditions = isList(where) ? where : []
  return (
    hasOnly(flag, FLAG) &&
    hasOnly(flag.rules, RULES) &&
    conditions.every(isUnderstoodCondition) &&
    (isList(flag.targets) ? flag.targets : []).every(isUnderstoodTarget)
  )
}
