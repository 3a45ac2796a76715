import type { EvaluationErrorCode, Reason, StepName } from '../../schema/evaluation.ts'
import { isWithinRollout } from './bucket.ts'
import type { CompiledFlag } from './compile.ts'
import { bucketOfSubject, type Subject } from './subject.ts'

export type Decision = {
  readonly value: boolean
  readonly reason: Reason
  readonly errorCode?: EvaluationErrorCode
}

/** One question about a flag and a subject: a decision ends the evaluation, undefined passes it on. */
export type Step = {
  readonly name: StepName
  readonly decide: (flag: CompiledFlag, subject: Subject) => Decision | undefined
}

const DISABLED: Decision = { value: false, reason: 'DISABLED' }
const DENIED: Decision = { value: false, reason: 'TARGETING_MATCH' }
const ALLOWED: Decision = { value: true, reason: 'TARGETING_MATCH' }
const NOT_TARGETED: Decision = { value: false, reason: 'DEFAULT' }
const NOBODY_TO_SPLIT: Decision = {
  value: false,
  reason: 'ERROR',
  errorCode: 'TARGETING_KEY_MISSING',
}

const holds = (list: ReadonlySet<string> | undefined, name: string | undefined) =>
  list !== undefined && name !== undefined && list.has(name)

/** A list that is not empty targets out whoever has none of its names: a missing attribute never matches. */
const targetsOut = (
  list: ReadonlySet<string> | undefined,
  names: readonly (string | undefined)[],
) => list !== undefined && !names.some((name) => holds(list, name))

const decideByRollout = ({ rollout, seed, targeted }: CompiledFlag, subject: Subject): Decision => {
  if (rollout <= 0 || rollout >= 100)
    return { value: rollout >= 100, reason: targeted ? 'TARGETING_MATCH' : 'STATIC' }
  const bucket = bucketOfSubject(subject, seed)
  return bucket === undefined
    ? NOBODY_TO_SPLIT
    : { value: isWithinRollout(bucket, rollout), reason: 'SPLIT' }
}

/** The evaluation, in order; the first step that decides wins, and the last one always does. */
export const steps: readonly Step[] = [
  { name: 'disabled', decide: (flag) => (flag.enabled ? undefined : DISABLED) },
  {
    name: 'denyList',
    decide: (flag, who) => (holds(flag.denyList, who.userId) ? DENIED : undefined),
  },
  {
    name: 'allowList',
    decide: (flag, who) => (holds(flag.allowList, who.userId) ? ALLOWED : undefined),
  },
  {
    name: 'roles',
    decide: (flag, who) => (targetsOut(flag.roles, [who.role]) ? NOT_TARGETED : undefined),
  },
  {
    name: 'cities',
    decide: (flag, who) => (targetsOut(flag.cities, [who.city]) ? NOT_TARGETED : undefined),
  },
  {
    name: 'categories',
    decide: (flag, who) => (targetsOut(flag.categories, who.categories) ? NOT_TARGETED : undefined),
  },
  { name: 'rollout', decide: decideByRollout },
]
