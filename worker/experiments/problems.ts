import type { Experiment, ExperimentSettings, Plan } from '../../schema/experiment.ts'
import { DEFAULT_MINIMUM_DAYS } from '../../schema/minimum-days.ts'
import { findPeopleIssue } from '../../schema/people-issue.ts'
import { isSameVariants } from '../../schema/same-variants.ts'
import { describeConfusableNames, findConfusableNames } from '../../schema/variant-names.ts'
import { isInOrder, OUT_OF_ORDER, type Schedule } from '../../schema/schedule.ts'

/* Reasons for people why a launch or an edit is refused. Each is undefined when there is no problem. */

export const scheduleProblem = (schedule: Schedule, now: Date): string | undefined => {
  const { stopAt } = schedule
  if (stopAt && Date.parse(stopAt) <= now.getTime())
    return `its stopAt, ${stopAt}, has passed: set a later one, or none`
  return isInOrder(schedule) ? undefined : OUT_OF_ORDER
}

/** A variant with assignments is missing. */
export const strandedProblem = (
  { variants }: Experiment,
  assignedVariants: readonly string[],
): string | undefined => {
  const names = new Set(variants.map(({ name }) => name))
  const missing = assignedVariants.filter((name) => !names.has(name))
  return missing.length === 0
    ? undefined
    : `users are assigned to ${missing.join(', ')}: keep it, with weight 0 if nobody new should get it`
}

/** Two new names look the same. An older experiment that has such names may keep them. */
export const nameProblem = (current: Experiment, next: Experiment): string | undefined => {
  const names = findConfusableNames(next.variants)
  return names && !findConfusableNames(current.variants)
    ? describeConfusableNames(names)
    : undefined
}

/**
 * Results compare the control with the others, so new users must be able to get the control. The first launch also needs
 * another variant with a weight. After a pause a variant may be closed to new users.
 */
export const comparisonProblem = ({
  variants: [control, ...others],
  launchedAt,
}: Pick<Experiment, 'variants' | 'launchedAt'>): string | undefined => {
  if (control?.weight === 0)
    return `the control, ${control.name}, has weight 0, so no new user can get it: give it a weight`
  return launchedAt !== null || others.some(({ weight }) => weight > 0)
    ? undefined
    : 'only the control has a weight above 0: give another variant a weight, to compare it with the control'
}

/** Another control, chosen in view of the data, can make chance look like an effect. */
export const controlProblem = (current: Experiment, next: Experiment): string | undefined => {
  const control = current.variants[0]?.name
  const isElsewhere = next.variants.slice(1).some(({ name }) => name === control)
  return current.launchedAt !== null && isElsewhere
    ? `its control, ${control}, is fixed since the first launch: keep it first`
    : undefined
}

type Setting = keyof ExperimentSettings
const SETTINGS: readonly Setting[] = [
  'description',
  'variants',
  'startAt',
  'stopAt',
  'plan',
  'testers',
  'leftOut',
]

const isSameInstant = (a: string | null, b: string | null) =>
  a === b || (a !== null && b !== null && Date.parse(a) === Date.parse(b))

/** Whether a setting stays. A client may repeat what it does not change. */
const isSame: Readonly<Record<Setting, (a: Experiment, b: Experiment) => boolean>> = {
  description: (a, b) => a.description === b.description,
  variants: isSameVariants,
  startAt: (a, b) => isSameInstant(a.startAt, b.startAt),
  stopAt: (a, b) => isSameInstant(a.stopAt, b.stopAt),
  plan: (a, b) => isSamePlan(a.plan, b.plan),
  testers: (a, b) => JSON.stringify(a.testers ?? []) === JSON.stringify(b.testers ?? []),
  leftOut: (a, b) =>
    JSON.stringify(a.leftOut?.userIds ?? []) === JSON.stringify(b.leftOut?.userIds ?? []),
}

/** A running or a stopped experiment takes fewer edits than a draft. */
export const statusProblem = (
  current: Experiment,
  next: Experiment,
  now: Date,
): string | undefined => {
  const changed = new Set(SETTINGS.filter((setting) => !isSame[setting](current, next)))
  changed.delete('description')
  if (current.status === 'STOPPED' && changed.size > 0)
    return 'it is STOPPED: only its description, owner, note and decision can be changed'
  if (current.status !== 'RUNNING') return undefined
  for (const list of ['testers', 'leftOut'] as const) changed.delete(list)
  const isStopMoved = changed.delete('stopAt')
  if (changed.size > 0)
    return `it is RUNNING: pause it first to change its ${[...changed].join(', ')}; only description, owner, note, stopAt, testers and leftOut may change while it runs`
  return isStopMoved ? (scheduleProblem(current, now) ?? scheduleProblem(next, now)) : undefined
}

/** A tester needs a variant of the experiment, and cannot be left out too. */
export const peopleProblem = (next: Pick<Experiment, 'variants' | 'testers' | 'leftOut'>) => {
  const issue = findPeopleIssue(next)
  return issue && `${issue.path.join('.')}: ${issue.message}`
}

/** A plan that is made or changed in view of the data can make chance look like an effect. */
export const planProblem = (current: Experiment, next: Experiment): string | undefined => {
  if (current.launchedAt === null || isSamePlan(current.plan, next.plan)) return undefined
  return current.plan === null
    ? 'it was launched without a plan: a plan that is added now is made in view of the data'
    : 'its plan is fixed since the first launch: a change now is made in view of the data'
}

/** A decision follows from the results, so it comes after the stop. */
export const decisionProblem = (current: Experiment, next: Experiment): string | undefined => {
  const { decision, status, variants } = next
  if (decision === null || JSON.stringify(decision) === JSON.stringify(current.decision))
    return undefined
  if (status !== 'STOPPED') return `it is ${status}: a decision comes after the stop`
  const [control, ...others] = variants.map(({ name }) => name)
  if (decision.variant === null || others.includes(decision.variant)) return undefined
  return decision.variant === control
    ? `${control} is the control: decide to keep it`
    : `it has no variant ${decision.variant}`
}

const isSamePlan = (a: Plan | null, b: Plan | null) =>
  a === b || (a !== null && b !== null && serializePlan(a) === serializePlan(b))

const serializePlan = (plan: Plan) =>
  JSON.stringify({ ...plan, minimumDays: plan.minimumDays ?? DEFAULT_MINIMUM_DAYS })
