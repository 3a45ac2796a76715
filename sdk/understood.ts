import {
  compileSegment,
  operators,
  type CompiledSegment,
  type SnapshotDocument,
  type SnapshotSegment,
} from '../worker/evaluate/index.ts'
import { haveType } from './bundle.ts'
import { attempt } from './internal.ts'

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const hasKeys = (value: unknown): boolean =>
  isList(value) &&
  value.every((each) => haveType('string', [(Object(each) as { key?: unknown }).key]))

/** @throws when it is no snapshot, or one of a newer service that this evaluator does not understand */
export const parseDocument = (value: unknown): SnapshotDocument => {
  const { format, version, stream, flags, experiments, segments } = Object(value) as Record<
    string,
    unknown
  >
  if (format !== 1)
    throw new Error(`a snapshot of format ${String(format)}: update @indietix/flags`)
  if (!haveType('number', [version]) || !haveType('string', [stream]))
    throw new Error('the answer is no snapshot')
  if (!hasKeys(flags) || !hasKeys(experiments) || !hasKeys(segments ?? []))
    throw new Error('the answer is no snapshot')
  return value as SnapshotDocument
}

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

const SEGMENT: readonly string[] = ['key', 'include', 'exclude', 'conditions']

const isUnderstoodSegment = (segment: SnapshotSegment): boolean =>
  hasOnly(segment, SEGMENT) && segment.conditions.every(isUnderstoodCondition)

const hasLists = ({ include, exclude, conditions }: SnapshotSegment): boolean =>
  [include, exclude, conditions].every(isList)

/** Divides the segments into those that this evaluator understands and those of a newer service. */
export const readSegments = ({ segments = [] }: SnapshotDocument) => {
  const understood = new Map<string, CompiledSegment>()
  const newer = new Set<string>()
  for (const segment of segments)
    if (attempt(() => isUnderstoodSegment(segment)) === false) newer.add(segment.key)
    else {
      const compiled = hasLists(segment) ? attempt(() => compileSegment(segment)) : undefined
      if (compiled) understood.set(segment.key, compiled)
    }
  return { understood, newer }
}

/** A flag with a rule of a newer service cannot be evaluated here. Without that rule its value would be wrong. */
export const isUnderstood = (
  flag: object & { readonly rules?: unknown; readonly targets?: unknown },
  newerSegments: ReadonlySet<string>,
): boolean => {
  const isSupported = (condition: unknown) => {
    const { operator, values } = Object(condition) as { operator?: unknown; values?: unknown }
    if (operator !== 'inSegment') return isUnderstoodCondition(condition)
    return (
      hasOnly(condition, CONDITION) &&
      isList(values) &&
      !values.some((key) => newerSegments.has(String(key)))
    )
  }
  const areSupported = (conditions: unknown) =>
    (isList(conditions) ? conditions : []).every(isSupported)
  const isSupportedTarget = (target: unknown) =>
    hasOnly(target, TARGET) && areSupported((Object(target) as { when?: unknown }).when)
  return (
    hasOnly(flag, FLAG) &&
    hasOnly(flag.rules, RULES) &&
    areSupported((Object(flag.rules) as { where?: unknown }).where) &&
    (isList(flag.targets) ? flag.targets : []).every(isSupportedTarget)
  )
}
