import type { EvaluationErrorCode, Reason, StepName } from '../../schema/evaluation.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import { steps } from './steps.ts'
import type { Subject } from './subject.ts'

/** OpenFeature's resolution details of a boolean flag, and the step that decided. */
export type Evaluation = {
  readonly key: string
  readonly value: boolean
  readonly variant: 'on' | 'off'
  readonly reason: Reason
  /** Null when the flag could not be read at all. */
  readonly step: StepName | null
  /** Set exactly when the reason is ERROR; the value is then false. */
  readonly errorCode?: EvaluationErrorCode
}

const brokenEvaluation = (key: string): Evaluation => ({
  key,
  value: false,
  variant: 'off',
  reason: 'ERROR',
  step: null,
  errorCode: 'PARSE_ERROR',
})

/**
 * Evaluates one flag for one subject. Pure, total, no I/O.
 *
 * @example evaluate(compileFlag(flag), readSubject({ userId: 'u-42', city: 'Mumbai' })).value
 */
export const evaluate = (flag: CompiledFlag | BrokenFlag, subject: Subject): Evaluation => {
  if ('broken' in flag) return brokenEvaluation(flag.key)
  for (const { name, decide } of steps) {
    const decision = decide(flag, subject)
    if (decision)
      return { key: flag.key, ...decision, variant: decision.value ? 'on' : 'off', step: name }
  }
  return brokenEvaluation(flag.key)
}
