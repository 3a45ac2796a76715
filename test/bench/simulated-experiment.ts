import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import type { Scope } from '../../worker/experiments/analysis-options.ts'
import { computeMetrics } from '../../worker/experiments/metrics.ts'
import type { DayRow, PhaseSettings } from '../../worker/experiments/phase-counts.ts'
import { experimentWith } from '../support/experiment-fixture.ts'

/* An experiment whose users are drawn, day by day, and an admin who looks at it. */

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
export const FIRST_DAY = Date.parse('2026-06-01') / DAY_MS
export const WINDOW_DAYS = 7

export type World = {
  readonly random: () => number
  /** The true rates of A, B and C. */
  readonly rates: readonly number[]
  readonly usersPerDay: number
  readonly intakeDays: number
}

export const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.3, power: 0.8, alpha: 0.05 }
export const LAUNCHED = new Date(FIRST_DAY * DAY_MS).toISOString()

/** An experiment in progress: the rows so far, the history of its weights, and what the admin set. */
export type Play = {
  rows: DayRow[]
  readonly phases: PhaseSettings[]
  weights: readonly number[]
  experiment: Experiment
}

export const toVariants = (weights: readonly number[]): Variant[] =>
  weights.map((weight, index) => ({ name: 'ABC'.charAt(index), weight }))

export const start = (weights: readonly number[]): Play => ({
  rows: [],
  phases: [{ phase: 1, variants: toVariants(weights) }],
  weights,
  experiment: experimentWith({
    status: 'RUNNING',
    launchedAt: LAUNCHED,
    startAt: LAUNCHED,
    variants: toVariants(weights),
    plan: PLAN,
  }),
})

export const reweight = (play: Play, weights: readonly number[]): void => {
  play.weights = weights
  play.phases.push({ phase: play.phases.length + 1, variants: toVariants(weights) })
  play.experiment = {
    ...play.experiment,
    variants: toVariants(weights),
    reweightedAt: LAUNCHED,
  }
}

/** Rates that change by the day of the week and over time, as real ones do, alike in all variants. */
const drift = (day: number) => 1 + 0.4 * Math.sin((2 * Math.PI * day) / 7) + (day > 14 ? 0.8 : 0)

/* Each user draws a variant, then whether to convert: the split varies as a hash's does. */
export const liveDay = ({ random, rates, usersPerDay }: World, play: Play, day: number): void => {
  const total = play.weights.reduce((sum, weight) => sum + weight, 0)
  const users = play.weights.map(() => 0)
  const conversions = play.weights.map(() => 0)
  for (let user = 0; user < usersPerDay; user += 1) {
    let point = random() * total
    let index = 0
    while (point >= (play.weights[index] ?? 0) && index < play.weights.length - 1) {
      point -= play.weights[index] ?? 0
      index += 1
    }
    users[index] = (users[index] ?? 0) + 1
    if (random() < (rates[index] ?? 0) * drift(day))
      conversions[index] = (conversions[index] ?? 0) + 1
  }
  for (const [index, exposedUsers] of users.entries())
    if (exposedUsers > 0)
      play.rows.push({
        day: FIRST_DAY + day,
        variant: 'ABC'.charAt(index),
        phase: play.phases.length,
        assignments: exposedUsers,
        exposures: exposedUsers,
        exposedUsers,
        conversions: conversions[index] ?? 0,
        clicks: 0,
      })
}

/* The results so far no longer count. */
export const startOver = (play: Play, day: number): void => {
  const startedAt = (FIRST_DAY + day + 1) * DAY_MS
  const variants = toVariants(play.weights)
  play.phases.push({ phase: play.phases.length + 1, startedAt, variants, startsOver: true })
}

export const toDayEnd = (day: number) => new Date((FIRST_DAY + day + 1) * DAY_MS)

export const look = (play: Play, now: Date, scope: Partial<Scope> = {}): Metrics =>
  computeMetrics(
    play.experiment,
    play.rows,
    { from: null, to: null, conflicts: 0, phases: play.phases, ...scope },
    now,
  )

const VERDICTS = new Set(['better', 'worse', 'unplanned_better', 'unplanned_worse'])

export const hasVerdict = ({ analysis, words }: Metrics): boolean =>
  VERDICTS.has(analysis.verdict.kind) ||
  analysis.comparisons.some(({ verdict }) => VERDICTS.has(verdict.kind)) ||
  words.tone === 'better' ||
  words.tone === 'worse'

/** The difference that the admin sees on the page, all users counted, in favour of B. */
export const isAhead = (metrics: Metrics): boolean => {
  const [a, b] = metrics.analysis.rates
  return (b?.rate.value ?? 0) > (a?.rate.value ?? 0)
}

export type Daily = (play: Play, day: number, seen: Metrics) => void

/* Plays day by day, with a look at the end of each, until a verdict or a week after the last day of intake. */
export const playDaily = (world: World, play: Play, daily: Daily = () => {}): number | null => {
  for (let day = 0; day < world.intakeDays + WINDOW_DAYS; day += 1) {
    if (day < world.intakeDays && play.experiment.status === 'RUNNING') liveDay(world, play, day)
    const seen = look(play, toDayEnd(day))
    if (hasVerdict(seen)) return day + 1
    daily(play, day, seen)
  }
  return null
}

export const playAll = (world: World, weights: readonly number[] = [1, 1]): Play => {
  const play = start(weights)
  for (let day = 0; day < world.intakeDays; day += 1) liveDay(world, play, day)
  return play
}

export const iso = (day: number) => new Date((FIRST_DAY + day) * DAY_MS).toISOString()

/** The worlds that the cheats play in: A/A, and a plan that is complete after about two weeks. */
export const createWorld = (random: () => number, lift = 0, usersPerDay = 800): World => ({
  random,
  rates: [0.1, 0.1 * (1 + lift), 0.1],
  usersPerDay,
  intakeDays: 28,
})
