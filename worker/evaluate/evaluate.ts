import type { EvaluationErrorCode, Reason, StepName } from '../../schema/evaluation.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import type { Outcome } from './outcome.ts'
import { ON_OFF, pickVariant, type CompiledServing } from './serving.ts'
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
  /** The id of the target that decided. */
  readonly target?: string
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

/** Serves what a step decided. Shares need a bucket, and then the bucket is the reason. */
export const serveDecision = (
  { key, serving = ON_OFF }: CompiledFlag,
  { isOn, reason, errorCode, target }: Decision,
  step: StepName | null,
  subject: Subject,
): Evaluation => {
  const serve = target?.serve ?? serving.on
  const served = isOn ? pickVariant(serve, serving, subject) : serving.off
  const { name: variant, value } = served ?? serving.off
  const decided = { key, value, variant, step, ...(target && { target: target.id }) }
  if (!served) return { ...decided, reason: 'ERROR', errorCode: 'TARGETING_KEY_MISSING' }
  if (isOn && 'weights' in serve) return { ...decided, reason: 'SPLIT' }
  return { ...decided, reason, ...(errorCode && { errorCode }) }
}

/** The same for an on/off flag of the defaults, in a fifth of the time. */
const switchDecision = (
  key: string,
  { isOn: value, reason, errorCode }: Decision,
  step: StepName,
): Evaluation => {
  const variant = value ? 'on' : 'off'
  return errorCode
    ? { key, value, reason, errorCode, variant, step }
    : { key, value, reason, variant, step }
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
    if (decision)
      return flag.serving
        ? serveDecision(flag, decision, name, subject)
        : switchDecision(flag.key, decision, name)
  }
  return brokenEvaluation(flag.key)
}

/** How an outcome ends that serves one variant. */
export const serveOutcome = (
  key: string,
  { on, off }: CompiledServing = ON_OFF,
  decided: Outcome,
): Evaluation => {
  const { code: _, value: isServed, ...details } = decided
  const { name, value } = isServed && 'variant' in on ? on.variant : off
  return { key, value, variant: name, ...details }
}
