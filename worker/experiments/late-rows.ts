import type { SnapshotExperiment, Variant } from '../../schema/experiment.ts'
import { isActive } from '../evaluate/index.ts'
import {
  findStart,
  LATE_DAYS,
  listPhases,
  listRuns,
  type Fact,
  type HistoryPhase,
} from './history.ts'

/*
 * Rows that say when they happened: a phone was offline while the experiment was paused or stopped. A row is judged by the
 * runs of the experiment, not by its status at arrival. Pure.
 */

/** Rows of a run are taken for this long after its end. */
export const LATE_MS = LATE_DAYS * 86_400_000
/** The clock of a client may be this much behind. */
const CLOCK_BEHIND_MS = 5 * 60_000
/** A page may show a variant for this long after the end: an isolate's snapshot and a bundle are up to 30 s old each. */
const LINGER_MS = 60_000
/** Runs in the snapshot of one experiment, so that its size stays bounded. */
const MAX_RUNS = 20

type HistoryMembers = Pick<SnapshotExperiment, 'phase' | 'startedAt' | 'runs' | 'phaseVariants'>

/**
 * Variants of all phases in the snapshot of one experiment, in bytes of JSON: 1,000 experiments stay far below
 * MAX_SNAPSHOT_BYTES. Two phases of 20 variants with the longest names fit, and dozens of usual ones.
 */
const MAX_VARIANT_BYTES = 4_000

/* Selects the latest phases whose variants fit. The last phase always does: an experiment has it once more. */
const selectPhases = (phases: readonly HistoryPhase[]) => {
  let bytes = 0
  return phases.toReversed().filter(({ variants }, index) => {
    bytes += JSON.stringify(variants).length
    return index === 0 || bytes <= MAX_VARIANT_BYTES
  })
}

/**
 * Selects what the edge needs of a history: the runs that a row may still refer to, with their variants. Rows of older
 * runs than fit are refused.
 */
export const selectLateRuns = (history: readonly Fact[], now: number): HistoryMembers => {
  const runs = listRuns(history)
    .filter(({ until }) => until === null || until + LATE_MS >= now)
    .slice(-MAX_RUNS)
  const used = new Set(runs.map(({ phase }) => phase))
  const phases = listPhases(history)
  const kept = selectPhases(phases.filter(({ phase }) => used.has(phase)))
  const numbers = new Set(kept.map(({ phase }) => phase))
  return {
    phase: phases.at(-1)?.phase ?? 1,
    startedAt: findStart(history),
    runs: runs.filter(({ phase }) => numbers.has(phase)),
    phaseVariants: Object.fromEntries(
      kept.flatMap(({ phase, variants }) => (variants ? [[phase, [...variants]]] : [])),
    ),
  }
}

/** When a row happened. */
export type RowTime = {
  /** Epoch milliseconds. */
  readonly at: number
  /** 999 when the instant was given to the second. */
  readonly spanMs: number
  /** Whether the client gave the time, whose clock may be wrong. */
  readonly isClientTime: boolean
}

/** The phase and the variants of the run in which a row happened. */
export type RunAtInstant = {
  readonly phase: number | undefined
  readonly variants: readonly Variant[]
}

/** Finds how far a row is from a run; undefined if it is not of that run. */
const measureDistance = (from: number, until: number, { at, spanMs, isClientTime }: RowTime) => {
  if (at + spanMs < from)
    return isClientTime && at + spanMs >= from - CLOCK_BEHIND_MS ? from - at : undefined
  if (at < until) return 0
  return isClientTime && at <= until + LINGER_MS ? at - until : undefined
}

/**
 * Finds the run in which a row happened, or why it is refused. Null: nobody got a variant then, so only a user who has
 * one can have seen it.
 */
export const judgeInstant = (
  experiment: SnapshotExperiment,
  time: RowTime,
  now: number,
): RunAtInstant | 'BEFORE_LAUNCH' | null => {
  const { runs, startedAt, stopAt, phase, variants, phaseVariants = {} } = experiment
  // A snapshot from before phases.
  if (runs === undefined) return isActive(experiment, now) ? { phase, variants } : null
  if (startedAt === undefined || startedAt === null) return 'BEFORE_LAUNCH'
  if (time.at + time.spanMs < startedAt - CLOCK_BEHIND_MS) return 'BEFORE_LAUNCH'
  const [nearest] = runs
    .flatMap((run) => {
      const until = run.until ?? stopAt ?? Number.POSITIVE_INFINITY
      const distance = until + LATE_MS < now ? undefined : measureDistance(run.from, until, time)
      return distance === undefined ? [] : [{ run, distance }]
    })
    .toSorted((a, b) => a.distance - b.distance)
  const ran = nearest && phaseVariants[nearest.run.phase]
  return ran ? { phase: nearest.run.phase, variants: ran } : null
}
