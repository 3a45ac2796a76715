import type { Experiment } from '../../schema/experiment.ts'
import { findStart, findStop, listPhases, type Fact } from './history.ts'

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())

/** Adds what happened to an experiment; nothing if it was never launched. */
export const addHistory = (experiment: Experiment, history: readonly Fact[]): Experiment =>
  history.length === 0
    ? experiment
    : {
        ...experiment,
        startedAt: iso(findStart(history)),
        stoppedAt: iso(findStop(history)),
        phases: listPhases(history).map(({ phase, startedAt, variants, startsOver }) => ({
          phase,
          startedAt: new Date(startedAt).toISOString(),
          variants: variants && [...variants],
          startsOver,
        })),
      }
