import type { Explanation, StepName, StepTrace } from '../../schema/evaluation.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import { evaluate } from './evaluate.ts'
import { steps } from './steps.ts'
import { bucketOfSubject, type Subject } from './subject.ts'

const quote = (names: readonly (string | undefined)[]) => {
  const known = names.filter((name) => name !== undefined)
  return known.length === 0 ? 'nothing' : known.map((name) => JSON.stringify(name)).join(', ')
}

const onList = (what: string, list: ReadonlySet<string> | undefined, userId: string | undefined) =>
  list === undefined
    ? `the ${what} list is empty`
    : `users on the ${what} list: ${list.size}; the context has ${quote([userId])}`

const compared = (
  what: string,
  list: ReadonlySet<string> | undefined,
  names: readonly (string | undefined)[],
) =>
  list === undefined
    ? `no ${what} are targeted`
    : `${what} targeted: ${list.size}; the context has ${quote(names)}`

/** Cut, not rounded: whoever stands just below 20 % must not read as standing at it. */
const percentOf = (bucket: number) => (Math.floor((bucket * 1e6) / 2 ** 32) / 1e4).toFixed(4)

const rolloutDetail = (flag: CompiledFlag, subject: Subject) => {
  if (flag.rollout <= 0) return 'the rollout is 0 %: nobody'
  if (flag.rollout >= 100) return 'the rollout is 100 %: everybody'
  const bucket = bucketOfSubject(subject, flag.seed)
  return bucket === undefined
    ? `the rollout is ${flag.rollout} % and the context has no user id to place`
    : `the rollout takes users below ${flag.rollout} %; this one stands at ${percentOf(bucket)} %`
}

/** What each step compared with what, in words. A missing step is a type error. */
const details: Record<StepName, (flag: CompiledFlag, subject: Subject) => string> = {
  disabled: (flag) => (flag.enabled ? 'the flag is enabled' : 'the flag is disabled'),
  denyList: (flag, who) => onList('deny', flag.denyList, who.userId),
  allowList: (flag, who) => onList('allow', flag.allowList, who.userId),
  roles: (flag, who) => compared('roles', flag.roles, [who.role]),
  cities: (flag, who) => compared('cities', flag.cities, [who.city]),
  categories: (flag, who) => compared('categories', flag.categories, who.categories),
  rollout: rolloutDetail,
}

/** Evaluates one flag as `evaluate` does, and tells every step in order. */
export const explain = (flag: CompiledFlag | BrokenFlag, subject: Subject): Explanation => {
  const { key, value, reason, step: decidedBy, errorCode } = evaluate(flag, subject)
  const result = { key, value, reason, decidedBy, ...(errorCode && { errorCode }) }
  if ('broken' in flag) return { ...result, steps: [] }
  const decidedAt = steps.findIndex(({ name }) => name === decidedBy)
  const outcomeAt = (index: number): StepTrace['outcome'] =>
    index < decidedAt ? 'passed' : index === decidedAt ? 'decided' : 'not reached'
  return {
    ...result,
    steps: steps.map(({ name }, index) => ({
      step: name,
      outcome: outcomeAt(index),
      detail: details[name](flag, subject),
    })),
  }
}
