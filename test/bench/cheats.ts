import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import type { Scope } from '../../worker/experiments/analysis-options.ts'
import { computeMetrics } from '../../worker/experiments/metrics.ts'
import type { DayRow, PhaseSettings } from '../../worker/experiments/phase-counts.ts'
import { experimentWith } from '../support/experiment-fixture.ts'

/*
 * An impatient admin plays simulated experiments. Each cheat looks at an experiment as often as it likes and stops at the
 * first verdict. Without a true difference, a cheat may get a verdict in at most 5 % of the experiments.
 */

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const FIRST_DAY = Date.parse('2026-06-01') / DAY_MS
const WINDOW_DAYS = 7

export type World = {
  readonly random: () => number
  /** The true rates of A, B and C. */
  readonly rates: readonly number[]
  readonly usersPerDay: number
  readonly intakeDays: number
}

const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.3, power: 0.8, alpha: 0.05 }
const LAUNCHED = new Date(FIRST_DAY * DAY_MS).toISOString()

/** An experiment in progress: the rows so far, the history of its weights, and what the admin set. */
type Play = {
  rows: DayRow[]
  readonly phases: PhaseSettings[]
  weights: readonly number[]
  experiment: Experiment
}

const toVariants = (weights: readonly number[]): Variant[] =>
  weights.map((weight, index) => ({ name: 'ABC'.charAt(index), weight }))

const start = (weights: readonly number[]): Play => ({
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

const reweight = (play: Play, weights: readonly number[]): void => {
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
const liveDay = ({ random, rates, usersPerDay }: World, play: Play, day: number): void => {
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
const startOver = (play: Play, day: number): void => {
  const startedAt = (FIRST_DAY + day + 1) * DAY_MS
  const variants = toVariants(play.weights)
  play.phases.push({ phase: play.phases.length + 1, startedAt, variants, startsOver: true })
}

const endOf = (day: number) => new Date((FIRST_DAY + day + 1) * DAY_MS)

const look = (play: Play, now: Date, scope: Partial<Scope> = {}): Metrics =>
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
const isAhead = (metrics: Metrics): boolean => {
  const [a, b] = metrics.analysis.rates
  return (b?.rate.value ?? 0) > (a?.rate.value ?? 0)
}

type Daily = (play: Play, day: number, seen: Metrics) => void

/* Plays day by day, with a look at the end of each, until a verdict or a week after the last day of intake. */
const playDaily = (world: World, play: Play, daily: Daily = () => {}): number | null => {
  for (let day = 0; day < world.intakeDays + WINDOW_DAYS; day += 1) {
    if (day < world.intakeDays && play.experiment.status === 'RUNNING') liveDay(world, play, day)
    const seen = look(play, endOf(day))
    if (hasVerdict(seen)) return day + 1
    daily(play, day, seen)
  }
  return null
}

const playAll = (world: World, weights: readonly number[] = [1, 1]): Play => {
  const play = start(weights)
  for (let day = 0; day < world.intakeDays; day += 1) liveDay(world, play, day)
  return play
}

const iso = (day: number) => new Date((FIRST_DAY + day) * DAY_MS).toISOString()

/* Each range of whole days, after everything is in. */
const tryRanges = (world: World): boolean => {
  const play = playAll(world)
  const now = endOf(world.intakeDays + WINDOW_DAYS)
  for (let from = 0; from < world.intakeDays; from += 3)
    for (let to = from + 3; to <= world.intakeDays; to += 3) {
      if (from === 0 && to >= world.intakeDays) continue
      const rows = play.rows.filter(({ day }) => day >= FIRST_DAY + from && day < FIRST_DAY + to)
      if (hasVerdict(look({ ...play, rows }, now, { from: iso(from), to: iso(to) }))) return true
    }
  return false
}

/* The plan is fixed at the first launch: what an admin asks for later changes nothing. */
const keepPlan = ({ launchedAt, plan }: Experiment, wanted: Experiment['plan']) =>
  launchedAt === null ? wanted : plan

const editPlan = (play: Play): void => {
  const wanted = [null, { ...PLAN, alpha: 0.5, minimumDetectableEffect: 5 }]
  for (const plan of wanted)
    play.experiment = { ...play.experiment, plan: keepPlan(play.experiment, plan) }
}

/* B's users book within an hour, A's after three days: the rates differ only while windows are open. */
const playLate = (world: World): boolean => {
  const play = start([1, 1])
  for (let hour = 0; hour < 14 * 24; hour += 12) {
    const day = Math.floor(hour / 24)
    if (hour % 24 === 0 && day < world.intakeDays) liveDay(world, play, day)
    const now = new Date(FIRST_DAY * DAY_MS + (hour + 12) * HOUR_MS)
    const seen = play.rows.map((row) => {
      const isOpen = row.variant === 'A' && row.day * DAY_MS + 3 * DAY_MS > now.getTime()
      return { ...row, conversions: isOpen ? 0 : row.conversions }
    })
    if (hasVerdict(look({ ...play, rows: seen }, now))) return true
  }
  return playDaily(world, start([1, 1])) !== null
}

export type Cheat = { readonly name: string; readonly play: (world: World) => boolean }

const daily =
  (daily_?: Daily, weights: readonly number[] = [1, 1]) =>
  (world: World) =>
    playDaily(world, start(weights), daily_) !== null

const STARTS = 20
/** The first day of a start on which a verdict is possible: 7 days of users with complete windows. */
const FIRST_LOOK = 14
const LAST_LOOK = 21

/* Up to 20 starts of three weeks or more, with a look on each day from the first on which a verdict is possible. */
const startOverUntil =
  (wants: (seen: Metrics) => boolean) =>
  (world: World): boolean => {
    const play = start([1, 1])
    let since = 0
    for (let day = 0; day < STARTS * LAST_LOOK; day += 1) {
      liveDay(world, play, day)
      const age = day - since + 1
      if (age < FIRST_LOOK) continue
      const seen = look(play, endOf(day))
      if (hasVerdict(seen)) return true
      if (age < LAST_LOOK || !wants(seen)) continue
      startOver(play, day)
      since = day + 1
    }
    return false
  }

export const CHEATS: readonly Cheat[] = [
  { name: 'looks every day', play: daily() },
  { name: 'tries every range', play: tryRanges },
  {
    name: 'changes the weights when B is ahead',
    play: daily(
      (play, day, seen) => {
        if (day === 6 || (day > 6 && day % 5 === 0)) reweight(play, isAhead(seen) ? [1, 9] : [9, 1])
      },
      [9, 1],
    ),
  },
  { name: 'removes and edits the plan', play: daily(editPlan) },
  {
    name: 'pauses when B is ahead',
    play: daily((play, day, seen) => {
      const isPaused = day > 3 && isAhead(seen)
      play.experiment = { ...play.experiment, status: isPaused ? 'PAUSED' : 'RUNNING' }
    }),
  },
  {
    name: 'chooses the better of two baselines',
    play: (world) => {
      const play = playAll({ ...world, usersPerDay: world.usersPerDay * 1.5 }, [1, 1, 1])
      const now = endOf(world.intakeDays + WINDOW_DAYS)
      return [undefined, 'B', 'C'].some((baseline) =>
        hasVerdict(look(play, now, baseline === undefined ? {} : { baseline })),
      )
    },
  },
  {
    name: 'stops in the first days',
    play: (world) => {
      const play = start([1, 1])
      for (let day = 0; day < 5; day += 1) {
        liveDay(world, play, day)
        const stopAt = endOf(day).toISOString()
        const stopped: Play = {
          ...play,
          experiment: { ...play.experiment, status: 'STOPPED', stopAt },
        }
        if ([0, 1, 7, 30].some((later) => hasVerdict(look(stopped, endOf(day + later)))))
          return true
      }
      return false
    },
  },
  { name: 'looks while windows are open', play: playLate },
  { name: 'starts over 20 times, each after three weeks', play: startOverUntil(() => true) },
  {
    name: 'starts over whenever neither variant is far ahead',
    play: startOverUntil((seen) => Math.abs(seen.analysis.comparisons[0]?.zTest.z ?? 0) < 1.5),
  },
]

/** Plays with a true difference, honestly: the days until a verdict; null when there is none. */
export const playHonestly = (world: World): number | null => playDaily(world, start([1, 1]))

/** The worlds that the cheats play in: A/A, and a plan that is complete after about two weeks. */
export const createWorld = (random: () => number, lift = 0, usersPerDay = 800): World => ({
  random,
  rates: [0.1, 0.1 * (1 + lift), 0.1],
  usersPerDay,
  intakeDays: 28,
})
