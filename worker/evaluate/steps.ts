import type { EvaluationErrorCode, Reason, StepName } from '../../schema/evaluation.ts'
import { isWithinRollout } from './bucket.ts'
import type { CompiledFlag } from './compile.ts'
import { evaluateCondition } from './condition.ts'
import { computeServingBucket, findTarget, isTargetShare, type CompiledTarget } from './serving.ts'
import type { Subject } from './subject.ts'

export type Decision = {
  /** Whether the flag serves what it has for those who get it. */
  readonly isOn: boolean
  readonly reason: Reason
  readonly errorCode?: EvaluationErrorCode
  /** The target that decided, and what it serves. */
  readonly target?: CompiledTarget
}

/** One step: a decision ends the evaluation, undefined leads to the next step. */
export type Step = {
  readonly name: StepName
  readonly decide: (flag: CompiledFlag, subject: Subject) => Decision | undefined
  /** Whether a flag has the step. Absent: every flag has it. */
  readonly isPresent?: (flag: CompiledFlag) => boolean
}

const DISABLED: Decision = { isOn: false, reason: 'DISABLED' }
const DENIED: Decision = { isOn: false, reason: 'TARGETING_MATCH' }
const ALLOWED: Decision = { isOn: true, reason: 'TARGETING_MATCH' }
const NOT_TARGETED: Decision = { isOn: false, reason: 'DEFAULT' }
const TARGETING_KEY_MISSING: Decision = {
  isOn: false,
  reason: 'ERROR',
  errorCode: 'TARGETING_KEY_MISSING',
}

const holds = (list: ReadonlySet<string> | undefined, name: string | undefined) =>
  list !== undefined && name !== undefined && list.has(name)

/** Whether a rule excludes the subject: it has a list, and no name of the subject is on it. A missing attribute never matches. */
const failsRule = (list: ReadonlySet<string> | undefined, names: readonly (string | undefined)[]) =>
  list !== undefined && !names.some((name) => holds(list, name))

const decideByTargets = ({ serving }: CompiledFlag, subject: Subject): Decision | undefined => {
  const target = serving && findTarget(serving, subject)
  return (
    target && { isOn: true, reason: isTargetShare(target) ? 'SPLIT' : 'TARGETING_MATCH', target }
  )
}

const decideByRollout = (
  { rollout, seed, hasRules, serving }: CompiledFlag,
  subject: Subject,
): Decision => {
  if (rollout <= 0 || rollout >= 100)
    return { isOn: rollout >= 100, reason: hasRules ? 'TARGETING_MATCH' : 'STATIC' }
  const bucket = computeServingBucket(serving, subject, seed)
  return bucket === undefined
    ? TARGETING_KEY_MISSING
    : { isOn: isWithinRollout(bucket, rollout), reason: 'SPLIT' }
}

/** The steps, in order. The first step that decides wins, and the last one always decides. */
export const steps: readonly Step[] = [
  { name: 'disabled', decide: (flag) => (flag.enabled ? undefined : DISABLED) },
  {
    name: 'denyList',
    decide: (flag, subject) => (holds(flag.denyList, subject.userId) ? DENIED : undefined),
  },
  {
    name: 'allowList',
    decide: (flag, subject) => (holds(flag.allowList, subject.userId) ? ALLOWED : undefined),
  },
  {
    name: 'targets',
    decide: decideByTargets,
    isPresent: ({ serving }) => serving !== undefined && serving.targets.length > 0,
  },
  {
    name: 'roles',
    decide: (flag, subject) => (failsRule(flag.roles, [subject.role]) ? NOT_TARGETED : undefined),
  },
  {
    name: 'cities',
    decide: (flag, subject) => (failsRule(flag.cities, [subject.city]) ? NOT_TARGETED : undefined),
  },
  {
    name: 'categories',
    decide: (flag, subject) =>
      failsRule(flag.categories, subject.categories) ? NOT_TARGETED : undefined,
  },
  {
    name: 'conditions',
    decide: (flag, subject) =>
      flag.where.every((condition) => evaluateCondition(condition, subject))
        ? undefined
        : NOT_TARGETED,
    isPresent: ({ where }) => where.length > 0,
  },
  { name: 'rollout', decide: decideByRollout },
]
