import type { CompiledCondition } from '../condition.ts'
import type { BrokenFlag, CompiledFlag } from '../compile.ts'
import { evaluate, serveDecision, type Evaluation } from '../evaluate.ts'
import type { Outcome } from '../outcome.ts'
import type { CompiledServing } from '../serving.ts'
import type { Subject } from '../subject.ts'
import { at } from './flag-sets.ts'

/*
 * Flags that a bit cannot answer: more than one variant may be served to those who get them. They are evaluated one by
 * one, after the sets of flags, and from the same sets.
 */

export type OtherFlags = {
  readonly flags: readonly { readonly number: number; readonly flag: CompiledFlag }[]
  /** Where each flag of the snapshot is among them; -1 for all others. */
  readonly positions: Int32Array
}

/** A disabled flag is off for everyone, which a bit answers. The bit of a boolean flag is its value. */
const needsMore = ({ enabled, serving }: CompiledFlag): boolean =>
  enabled &&
  serving !== undefined &&
  (serving.type === 'boolean' || 'weights' in serving.on || !hasOutcome(serving))

/** Whether the sets of flags say how the flag ends: no target may serve something else, and the user id has the bucket. */
const hasOutcome = ({ targets, bucketBy }: CompiledServing): boolean =>
  targets.length === 0 && bucketBy === undefined

/** Undefined when there are no such flags: then they cost nothing. */
export const selectOthers = (
  all: readonly (CompiledFlag | BrokenFlag)[],
): OtherFlags | undefined => {
  const flags = all.flatMap((flag, number) =>
    'broken' in flag || !needsMore(flag) ? [] : [{ number, flag }],
  )
  if (flags.length === 0) return undefined
  const positions = new Int32Array(all.length).fill(-1)
  flags.forEach(({ number }, position) => (positions[number] = position))
  return { flags, positions }
}

/** The attributes that conditions use, those of their segments among them. */
const listAttributes = (conditions: readonly CompiledCondition[]): string[] =>
  conditions.flatMap((each) =>
    'segments' in each
      ? each.segments.flatMap((segment) => listAttributes(segment?.conditions ?? []))
      : each.condition.attribute,
  )

/** The attributes that targets and buckets of these flags use. */
export const listOtherAttributes = (others: OtherFlags | undefined): string[] =>
  (others?.flags ?? []).flatMap(({ flag }) => {
    const bucketBy = flag.serving?.definition.bucketBy
    const conditions = (flag.serving?.targets ?? []).flatMap(({ when }) => listAttributes(when))
    return bucketBy === undefined ? conditions : [...conditions, bucketBy]
  })

/** The evaluations of these flags, in their order. */
export const evaluateOthers = (
  { flags }: OtherFlags,
  subject: Subject,
  readOutcome: (flag: number) => Outcome,
): Evaluation[] =>
  flags.map(({ number, flag }) => {
    if (flag.serving && !hasOutcome(flag.serving)) return evaluate(flag, subject)
    const { step, value, reason, errorCode } = readOutcome(number)
    return serveDecision(
      flag,
      { isOn: value, reason, ...(errorCode && { errorCode }) },
      step,
      subject,
    )
  })

/** The evaluation of a flag, when it is one of these. */
export const findOther = (
  others: OtherFlags | undefined,
  evaluations: readonly Evaluation[],
  flag: number,
): Evaluation | undefined => others && evaluations[at(others.positions, flag)]
