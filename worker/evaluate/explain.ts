import type { Explanation, StepName, StepTrace, TargetTrace } from '../../schema/evaluation.ts'
import { isWithinRollout } from './bucket.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import { describeConditions, traceCondition } from './explain-condition.ts'
import { evaluate } from './evaluate.ts'
import {
  computeServingBucket,
  isTargetShare,
  matchesTarget,
  ON_OFF,
  pickVariant,
  type CompiledServing,
  type CompiledTarget,
} from './serving.ts'
import { steps } from './steps.ts'
import type { Subject } from './subject.ts'

const quote = (names: readonly (string | undefined)[]) => {
  const known = names.filter((name) => name !== undefined)
  return known.length === 0 ? 'nothing' : known.map((name) => JSON.stringify(name)).join(', ')
}

const describeList = (
  what: string,
  list: ReadonlySet<string> | undefined,
  userId: string | undefined,
) =>
  list === undefined
    ? `the ${what} list is empty`
    : `users on the ${what} list: ${list.size}; the context has ${quote([userId])}`

const describeAttribute = (
  what: string,
  list: ReadonlySet<string> | undefined,
  names: readonly (string | undefined)[],
) =>
  list === undefined
    ? `no ${what} are targeted`
    : `${what} targeted: ${list.size}; the context has ${quote(names)}`

/** Rounds down: a user just below 20 % must not be shown at 20 %. */
const formatPercent = (bucket: number) => (Math.floor((bucket * 1e6) / 2 ** 32) / 1e4).toFixed(4)

/** What places a user in a rollout and in shares. */
const nameBucketKey = (serving: CompiledServing | undefined): string =>
  serving?.definition.bucketBy === undefined
    ? 'user id'
    : JSON.stringify(serving.definition.bucketBy)

/** Which share of the variants a user gets; empty for a flag that serves one variant. */
const describeShares = (serving: CompiledServing | undefined, subject: Subject): string => {
  if (!serving || 'variant' in serving.on) return ''
  const variant = pickVariant(serving.on, serving, subject)
  return variant
    ? `; the shares give this one ${JSON.stringify(variant.name)}`
    : `; the context has no ${nameBucketKey(serving)} for the shares`
}

const describeRollout = ({ rollout, seed, serving }: CompiledFlag, subject: Subject) => {
  if (rollout <= 0) return 'the rollout is 0 %: nobody'
  const shares = describeShares(serving, subject)
  if (rollout >= 100) return `the rollout is 100 %: everybody${shares}`
  const bucket = computeServingBucket(serving, subject, seed)
  if (bucket === undefined)
    return `the rollout is ${rollout} % and the context has no ${nameBucketKey(serving)} to place`
  const place = `the rollout takes users below ${rollout} %; this one stands at ${formatPercent(bucket)} %`
  return isWithinRollout(bucket, rollout) ? place + shares : place
}

const describeTarget = (target: CompiledTarget, serving: CompiledServing, subject: Subject) => {
  const conditions = describeConditions(target.when, subject) || 'everyone'
  const isMatch = matchesTarget(target, serving, subject)
  const share = isTargetShare(target) ? `, for ${target.rollout} %` : ''
  return `${target.id}: ${isMatch ? 'yes' : 'no'} (${conditions}${share})`
}

const traceTargets = ({ serving = ON_OFF }: CompiledFlag, subject: Subject): TargetTrace[] =>
  serving.targets.map((target) => ({
    id: target.id,
    isMatch: matchesTarget(target, serving, subject),
    conditions: target.when.map((condition) => traceCondition(condition, subject)),
  }))

/** What each step compared, in words. A missing step is a type error. */
const details: Record<StepName, (flag: CompiledFlag, subject: Subject) => string> = {
  disabled: (flag) => (flag.enabled ? 'the flag is enabled' : 'the flag is disabled'),
  denyList: (flag, subject) => describeList('deny', flag.denyList, subject.userId),
  allowList: (flag, subject) => describeList('allow', flag.allowList, subject.userId),
  roles: (flag, subject) => describeAttribute('roles', flag.roles, [subject.role]),
  cities: (flag, subject) => describeAttribute('cities', flag.cities, [subject.city]),
  categories: (flag, subject) =>
    describeAttribute('categories', flag.categories, subject.categories),
  targets: ({ serving = ON_OFF }, subject) =>
    serving.targets.map((target) => describeTarget(target, serving, subject)).join('; '),
  conditions: ({ where }, subject) => describeConditions(where, subject),
  rollout: describeRollout,
}

/** Evaluates a flag as `evaluate` does, with every step in order. */
export const explain = (flag: CompiledFlag | BrokenFlag, subject: Subject): Explanation => {
  const { step: decidedBy, variant, target, errorCode, ...evaluated } = evaluate(flag, subject)
  const { key, value, reason } = evaluated
  const result = { key, value, reason, decidedBy, ...(errorCode && { errorCode }) }
  if ('broken' in flag) return { ...result, steps: [] }
  const present = steps.filter(({ isPresent }) => isPresent?.(flag) ?? true)
  const decidedAt = present.findIndex(({ name }) => name === decidedBy)
  const outcomeAt = (index: number): StepTrace['outcome'] =>
    index < decidedAt ? 'passed' : index === decidedAt ? 'decided' : 'not reached'
  return {
    ...result,
    ...(flag.serving && { variant }),
    ...(target !== undefined && { target }),
    steps: present.map(({ name }, index) => ({
      step: name,
      outcome: outcomeAt(index),
      detail: details[name](flag, subject),
      ...(name === 'conditions' && {
        conditions: flag.where.map((condition) => traceCondition(condition, subject)),
      }),
      ...(name === 'targets' && { targets: traceTargets(flag, subject) }),
    })),
  }
}
