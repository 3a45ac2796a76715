import type { Experiment, ExperimentStatus, Variant } from '../../schema/experiment.ts'
import { isSameVariants } from '../../schema/same-variants.ts'

/*
 * The history of an experiment: launches, pauses and the stop that happened, apart from its plan. Runs and phases are
 * read from it. Pure.
 */

/** A launch, a pause or a stop that happened. */
export type Fact = {
  /** The version of the experiment after the edit. */
  readonly seq: number
  readonly kind: 'launch' | 'pause' | 'stop'
  /** When it took effect, in epoch milliseconds. */
  readonly at: number
  /** The phase that a launch begins or continues, and that a pause or a stop ends. */
  readonly phase: number
  /** The variants of a launch. Null: not known, or no launch. */
  readonly variants: readonly Variant[] | null
  /** Whether the results before this launch no longer count. */
  readonly startsOver: boolean
}

/** An interval in which the experiment assigned users, in epoch milliseconds; `until` is exclusive, null while it lasts. */
export type Run = { readonly phase: number; readonly from: number; readonly until: number | null }

/** Launches with the same variants. */
export type HistoryPhase = {
  readonly phase: number
  readonly startedAt: number
  readonly variants: readonly Variant[] | null
  readonly startsOver: boolean
}

/** Days for which rows of a run are taken after its end: as long as rows wait in an outbox (retention's grace). */
export const LATE_DAYS = 7

/** So many launches an experiment can have: the snapshot and the results read its whole history. */
export const MAX_LAUNCHES = 100

const kinds: Partial<Record<ExperimentStatus, Fact['kind']>> = {
  RUNNING: 'launch',
  PAUSED: 'pause',
  STOPPED: 'stop',
}

const parseTime = (at: string | null) => (at === null ? null : Date.parse(at))

const findLastLaunch = (history: readonly Fact[]) =>
  history.findLast(({ kind }) => kind === 'launch')

const findLaunchPhase = (
  last: Fact | undefined,
  { variants }: Pick<Experiment, 'variants'>,
  startsOver: boolean,
): number => {
  if (!last) return 1
  const isSame =
    last.variants !== null && isSameVariants({ variants: [...last.variants] }, { variants })
  return isSame && !startsOver ? last.phase : last.phase + 1
}

/** Finds the fact that an edit adds to the history; undefined if it neither launches, pauses nor stops. */
export const findNextFact = (
  before: Pick<Experiment, 'status'>,
  after: Experiment,
  history: readonly Fact[],
  editedAt: number,
  startsOver = false,
): Fact | undefined => {
  const kind = before.status === after.status ? undefined : kinds[after.status]
  if (kind === undefined) return undefined
  const last = findLastLaunch(history)
  if (kind === 'launch')
    return {
      seq: after.version,
      kind,
      at: Math.max(editedAt, parseTime(after.startAt) ?? editedAt),
      phase: findLaunchPhase(last, after, startsOver),
      variants: after.variants,
      startsOver: startsOver && last !== undefined,
    }
  // After its stopAt it assigns no users, at any time of the edit.
  const at = Math.min(editedAt, parseTime(after.stopAt) ?? editedAt)
  return {
    seq: after.version,
    kind,
    at,
    phase: last?.phase ?? 1,
    variants: null,
    startsOver: false,
  }
}

/**
 * Lists the runs. A launch that was paused or stopped before it took effect is no run.
 *
 * @param stopAt the planned end of the run that lasts
 */
export const listRuns = (history: readonly Fact[], stopAt: number | null = null): readonly Run[] =>
  history.flatMap((fact, index) => {
    if (fact.kind !== 'launch') return []
    const end = history[index + 1]
    const until = end ? end.at : stopAt
    return until !== null && until < fact.at ? [] : [{ phase: fact.phase, from: fact.at, until }]
  })

/** Lists the phases, in order. */
export const listPhases = (history: readonly Fact[]): readonly HistoryPhase[] =>
  history
    .filter(({ kind }) => kind === 'launch')
    .filter((fact, index, launches) => fact.phase !== launches[index - 1]?.phase)
    .map(({ phase, at, variants, startsOver }) => ({ phase, startedAt: at, variants, startsOver }))

/** The first instant at which the experiment assigned users, or will; null if it never ran. */
export const findStart = (history: readonly Fact[], stopAt: number | null = null): number | null =>
  listRuns(history, stopAt)[0]?.from ?? null

/** When the experiment stopped; null if it did not, or runs again since. */
export const findStop = (history: readonly Fact[]): number | null => {
  const last = history.at(-1)
  return last?.kind === 'stop' ? last.at : null
}
