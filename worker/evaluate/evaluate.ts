import type { EvaluationErrorCode, Reason, StepName } from '../../schema/evaluation.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import { ON_OFF, pickVariant } from './serving.ts'
import { steps, type Decision } from './steps.ts'
import type { Subject } from './subject.ts'

/** OpenFeature's resolution details of a flag, and the step that decided. */
export type Evaluation = {
  readonly key: string
  readonly value: unknown
  readonly variant: string
  readonly reason: Reason
  /** Null when the flag could not be read at all. */
  readonly step: StepName | null
  /** Set exactly when the reason is ERROR; the flag is then off. */
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

/** Serves what a step decided. A split needs a bucket, and then the bucket is the reason. */
export const serveDecision = (
  { key, serving = ON_OFF }: CompiledFlag,
  { isOn, reason, errorCode }: Decision,
  step: StepName | null,
  subject: Subject,
): Evaluation => {
  const { name, value } = serving.off
  if (!isOn) return { key, value, variant: name, reason, step, ...(errorCode && { errorCode }) }
  const served = pickVariant(serving.on, serving.splitSeed, subject)
  if (!served) {
    const missing = 'TARGETING_KEY_MISSING'
    return { key, value, variant: name, reason: 'ERROR', step, errorCode: missing }
  }
  const isSplit = 'weights' in serving.on
  return {
    key,
    value: served.value,
    variant: served.name,
    reason: isSplit ? 'SPLIT' : reason,
    step,
  }
}

/**
 * Evaluates one flag for one subject. Pure, total, no I/O.
 *
 * @example evaluate(compileFlag(flag), readSubject({ userId: 'u-42', city: 'Mumbai' })).value
 */
export const evaluate = (flag: CompiledFlag | BrokenFlag, subject: Subject): Evaluation => {
  if ('broken' in flag) return brokenEvaluation(flag.key)
  for (const { name, decide } of steps) {
    const decision = decide(flag, subject)
    if (decision) return serveDecision(flag, decision, name, subject)
  }
  return brokenEvaluation(flag.key)
}
