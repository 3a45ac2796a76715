import type { Experiment } from '../../schema/experiment.ts'
import { analyzePhases, claimsDifference, type Analysis } from '../analyze/index.ts'
import { buildOptions, isPart, type Scope } from './analysis-options.ts'
import {
  countEarlierStarts,
  countPhases,
  listPhases,
  selectRows,
  sumRows,
  type CountedPhase,
  type DayRow,
  type PhaseList,
} from './phase-counts.ts'

type Options = ReturnType<typeof buildOptions>

/** The counts of an experiment, prepared for the analysis. */
export type Prepared = {
  readonly list: PhaseList
  /** The rows of the counted phases. */
  readonly counted: readonly DayRow[]
  /** The days that brought users whose windows are complete. */
  readonly maturedDays: ReadonlySet<number>
  readonly phases: readonly CountedPhase[]
  readonly options: Options
}

const hasMatured = ([, { matured }]: readonly [string, { matured: { exposedUsers: number } }]) =>
  matured.exposedUsers > 0

const listMaturedDays = (rows: readonly DayRow[], now: Date): readonly number[] =>
  [...Map.groupBy(rows, ({ day }) => day)]
    .filter(([, ofDay]) => [...sumRows(ofDay, now)].some(hasMatured))
    .map(([day]) => day)

/** Counts rows by phase, and builds the options of their analysis. */
export const prepareRows = (
  experiment: Experiment,
  rows: readonly DayRow[],
  scope: Scope,
  now: Date,
): Prepared => {
  const list = listPhases(experiment, rows, scope.phases)
  const counted = selectRows(list, rows)
  const maturedDays = new Set(listMaturedDays(counted, now))
  const phases = countPhases(list, experiment, rows, now)
  const options = buildOptions(experiment, scope, {
    isPart: isPart(experiment, scope, now),
    intakeDays: maturedDays.size,
    phases,
    earlierStarts: countEarlierStarts(list, experiment, rows, now),
  })
  return { list, counted, maturedDays, phases, options }
}

/** The differences that an analysis claims, as text. */
const listClaims = ({ comparisons }: Analysis): string =>
  comparisons
    .filter(({ verdict }) => claimsDifference(verdict))
    .map(({ variant, verdict }) => `${variant} ${verdict.kind}`)
    .join()

/**
 * Analyzes prepared rows. If users were left out after they had been counted, somebody may have chosen them by what they
 * did. The analysis with them is free of that choice, so a claim that differs from its claims is withheld. A false claim
 * is then at most as likely as in the analysis with them, whoever chooses the users.
 */
export const analyzeRows = (
  experiment: Experiment,
  rows: readonly DayRow[],
  { phases, options }: Prepared,
  scope: Scope,
  now: Date,
): Analysis => {
  const analysis = analyzePhases(phases, options)
  const { leftOutLater = [] } = scope
  if (leftOutLater.length === 0) return analysis
  const whole = prepareRows(experiment, [...rows, ...leftOutLater], scope, now)
  return listClaims(analyzePhases(whole.phases, whole.options)) === listClaims(analysis)
    ? analysis
    : analyzePhases(phases, { ...options, withheld: 'left_out_later' })
}
