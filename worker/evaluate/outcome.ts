import type { EvaluationErrorCode, Reason, StepName } from '../../schema/evaluation.ts'

/** How an evaluation can end. Outcomes with the same answer have the same code, whatever their step. */
export type Outcome = {
  readonly code: number
  readonly step: StepName | null
  readonly value: boolean
  readonly reason: Reason
  readonly errorCode?: EvaluationErrorCode
}

const outcome = (
  code: number,
  step: StepName | null,
  value: boolean,
  reason: Reason,
  errorCode?: EvaluationErrorCode,
): Outcome => ({ code, step, value, reason, ...(errorCode && { errorCode }) })

export const BROKEN = outcome(0, null, false, 'ERROR', 'PARSE_ERROR')
export const DISABLED = outcome(1, 'disabled', false, 'DISABLED')
export const DENIED = outcome(2, 'denyList', false, 'TARGETING_MATCH')
export const ALLOWED = outcome(3, 'allowList', true, 'TARGETING_MATCH')
export const NOT_ROLE = outcome(4, 'roles', false, 'DEFAULT')
export const NOT_CITY = outcome(4, 'cities', false, 'DEFAULT')
export const NOT_CATEGORY = outcome(4, 'categories', false, 'DEFAULT')
export const CONDITION_FAILS = outcome(4, 'conditions', false, 'DEFAULT')
export const TARGETED_ROLLOUT_0 = outcome(2, 'rollout', false, 'TARGETING_MATCH')
export const TARGETED_ROLLOUT_100 = outcome(3, 'rollout', true, 'TARGETING_MATCH')
export const ROLLOUT_0 = outcome(5, 'rollout', false, 'STATIC')
export const ROLLOUT_100 = outcome(6, 'rollout', true, 'STATIC')
export const OUTSIDE_ROLLOUT = outcome(7, 'rollout', false, 'SPLIT')
export const WITHIN_ROLLOUT = outcome(8, 'rollout', true, 'SPLIT')
export const TARGETING_KEY_MISSING = outcome(9, 'rollout', false, 'ERROR', 'TARGETING_KEY_MISSING')

/** One outcome for each code, in their order. */
export const outcomes: readonly Outcome[] = [
  BROKEN,
  DISABLED,
  DENIED,
  ALLOWED,
  NOT_ROLE,
  ROLLOUT_0,
  ROLLOUT_100,
  OUTSIDE_ROLLOUT,
  WITHIN_ROLLOUT,
  TARGETING_KEY_MISSING,
]
