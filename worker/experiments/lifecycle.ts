import type { Experiment, ExperimentPatch } from '../../schema/experiment.ts'
import { isInOrder, OUT_OF_ORDER, dropUnreachedStart } from '../../schema/schedule.ts'
import { isSameVariants } from '../../schema/same-variants.ts'
import {
  comparisonProblem,
  controlProblem,
  decisionProblem,
  nameProblem,
  peopleProblem,
  planProblem,
  scheduleProblem,
  statusProblem,
  strandedProblem,
} from './problems.ts'

/*
 * DRAFT ──launch──► RUNNING ──pause──► PAUSED ──launch──► RUNNING      stop: from RUNNING or PAUSED
 * STOPPED ──launch with startOver──► RUNNING
 *
 * Pure: from an experiment to its next state, or to a reason for people why it is refused.
 */

/** The next state of the experiment, or why it is refused. */
export type Decision = { readonly next: Experiment } | { readonly refused: string }

type Schedule = Partial<Pick<Experiment, 'startAt' | 'stopAt'>>

const refuse = (refused: string): Decision => ({ refused })

/** Why a draft or a paused experiment cannot be launched with these settings. */
export const launchProblem = (
  scheduled: Experiment,
  now: Date,
  assignedVariants: readonly string[],
): string | undefined =>
  scheduleProblem(scheduled, now) ??
  comparisonProblem(scheduled) ??
  strandedProblem(scheduled, assignedVariants)

/**
 * The same key again: a stopped experiment without its schedule and decision. Users who merged while it was stopped may
 * have another variant than their bucket, so from now on their objects are asked.
 */
const prepareRerun = (stopped: Experiment, now: Date): Experiment => ({
  ...stopped,
  status: 'PAUSED',
  startAt: null,
  stopAt: null,
  decision: null,
  reweightedAt: now.toISOString(),
})

/**
 * Starts an experiment, or continues it after a pause. The first launch starts it now, unless it has a startAt. With
 * `startsOver` also a stopped one runs again, and only users who are assigned from then on count.
 *
 * @param assignedVariants the variants with assignments: one may have arrived after its variant was removed
 */
export const launch = (
  current: Experiment,
  schedule: Schedule,
  now: Date,
  assignedVariants: readonly string[] = [],
  startsOver = false,
): Decision => {
  if (current.archivedAt !== null) return refuse('it is STOPPED and archived: unarchive it first')
  if (current.status === 'STOPPED' && startsOver)
    return launch(prepareRerun(current, now), schedule, now, assignedVariants)
  if (current.status !== 'DRAFT' && current.status !== 'PAUSED')
    return refuse(
      `only a draft or a paused experiment can be launched; this one is ${current.status}${current.status === 'STOPPED' ? ', so it runs again only with startOver' : ''}`,
    )
  const scheduled = { ...current, ...schedule }
  const problem = launchProblem(scheduled, now, assignedVariants)
  if (problem) return refuse(problem)
  return {
    next: {
      ...scheduled,
      status: 'RUNNING',
      startAt: scheduled.startAt ?? now.toISOString(),
      launchedAt: current.launchedAt ?? now.toISOString(),
    },
  }
}

/** Pauses: no user is assigned until the next launch, and assigned users keep their variant. */
export const pause = (current: Experiment): Decision =>
  current.status === 'RUNNING'
    ? { next: { ...current, status: 'PAUSED' } }
    : refuse(`only a running experiment can be paused; this one is ${current.status}`)

/**
 * Stops. A running experiment that is past its stopAt keeps it, because the edge stopped then. Otherwise stopAt
 * becomes now: a stop in the past would cut what was counted since. A startAt in the future becomes null.
 */
export const stop = (current: Experiment, now: Date): Decision =>
  current.status === 'RUNNING' || current.status === 'PAUSED'
    ? {
        next: dropUnreachedStart({
          ...current,
          status: 'STOPPED',
          stopAt:
            current.status === 'RUNNING' &&
            current.stopAt &&
            Date.parse(current.stopAt) <= now.getTime()
              ? current.stopAt
              : now.toISOString(),
        }),
      }
    : refuse(`only a running or a paused experiment can be stopped; this one is ${current.status}`)

/**
 * Changes a draft or a paused experiment. A running one may change its description, its stopAt and its lists of people, and
 * a stopped one its description and decision. Each may change its owner and note. No user who counts gets another variant.
 *
 * @param assignedVariants the variants with assignments: they must stay
 */
export const revise = (
  current: Experiment,
  patch: Omit<ExperimentPatch, 'comment'>,
  assignedVariants: readonly string[],
  now: Date,
): Decision => {
  // A zod partial may hold `undefined`, which JSON cannot carry and no caller sends.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const next = { ...current, ...patch } as Experiment
  const problem =
    statusProblem(current, next, now) ??
    (isInOrder(next) ? undefined : OUT_OF_ORDER) ??
    planProblem(current, next) ??
    peopleProblem(next) ??
    decisionProblem(current, next)
  if (problem) return refuse(problem)
  if (isSameVariants(current, next)) return { next }
  const stranded =
    nameProblem(current, next) ??
    controlProblem(current, next) ??
    strandedProblem(next, assignedVariants)
  if (stranded) return refuse(stranded)
  return {
    next: current.launchedAt === null ? next : { ...next, reweightedAt: now.toISOString() },
  }
}

/** Archives a stopped experiment: no list shows it by default, and apps do not find it. */
export const archive = (current: Experiment, now: Date): Decision => {
  if (current.archivedAt !== null) return { next: current }
  return current.status === 'STOPPED'
    ? { next: { ...current, archivedAt: now.toISOString() } }
    : refuse(
        current.status === 'DRAFT'
          ? 'it is a DRAFT: delete it instead, only a stopped experiment can be archived'
          : `it is ${current.status}: stop it first, only a stopped experiment can be archived`,
      )
}

/** Brings an archived experiment back, stopped as it was. */
export const unarchive = (current: Experiment): Decision => ({
  next: { ...current, archivedAt: null },
})

type Removal = { readonly next: null } | { readonly refused: string }

/** Deletes a draft, or an archived experiment with its results. */
export const remove = ({ status, archivedAt }: Experiment): Removal => {
  if (status === 'DRAFT' || archivedAt !== null) return { next: null }
  const first = status === 'STOPPED' ? 'archive it first' : 'stop and archive it first'
  return { refused: `it is ${status} and its results are kept: to delete them, ${first}` }
}

/** Deletes a draft. A reversion of the creation must not delete results. */
export const removeDraft = ({ status }: Experiment): Removal =>
  status === 'DRAFT'
    ? { next: null }
    : { refused: `it is ${status} and its results are kept: a reversion deletes only a draft` }
