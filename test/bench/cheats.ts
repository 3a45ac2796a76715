import type { Experiment, Variant } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { computeSampleSize } from '../../worker/analyze/index.ts'
import type { DayRow } from '../../worker/experiments/phase-counts.ts'
import { pool } from '../../worker/analyze/counts.ts'
import { testTwoProportions } from '../../worker/analyze/z-test.ts'
import { launchProblem, revise } from '../../worker/experiments/lifecycle.ts'
import {
  DAY_MS,
  FIRST_DAY,
  HOUR_MS,
  LAUNCHED,
  PLAN,
  WINDOW_DAYS,
  toDayEnd,
  hasVerdict,
  isAhead,
  iso,
  liveDay,
  look,
  playAll,
  playDaily,
  reweight,
  start,
  startOver,
  toVariants,
  type Daily,
  type Play,
  type World,
} from './simulated-experiment.ts'

/*
 * An impatient admin plays simulated experiments. Each cheat looks at an experiment as often as it likes and stops at the
 * first verdict. Without a true difference, a cheat may get a verdict in at most 5 % of the experiments.
 */

/* Each range of whole days, after everything is in. */
const tryRanges = (world: World): boolean => {
  const play = playAll(world)
  const now = toDayEnd(world.intakeDays + WINDOW_DAYS)
  for (let from = 0; from < world.intakeDays; from += 3)
    for (let to = from + 3; to <= world.intakeDays; to += 3) {
      if (from === 0 && to >= world.intakeDays) continue
      const rows = play.rows.filter(({ day }) => day >= FIRST_DAY + from && day < FIRST_DAY + to)
      if (hasVerdict(look({ ...play, rows }, now, { from: iso(from), to: iso(to) }))) return true
    }
  return false
}

/* Pauses, asks for an edit and launches again, by the rules of the product. Returns whether it was accepted. */
const tryEdit = (play: Play, patch: Partial<Pick<Experiment, 'plan' | 'variants'>>): boolean => {
  const now = new Date(LAUNCHED)
  const paused: Experiment = { ...play.experiment, status: 'PAUSED' }
  const names = play.experiment.variants.map(({ name }) => name)
  const decision = revise(paused, patch, names, now)
  if ('refused' in decision || launchProblem(decision.next, now, names) !== undefined) return false
  play.experiment = { ...decision.next, status: 'RUNNING' }
  return true
}

const editPlan = (play: Play): void => {
  tryEdit(play, { plan: null })
  tryEdit(play, { plan: { ...PLAN, alpha: 0.5, minimumDetectableEffect: 5 } })
}

const toVariant = (name: string, weight = 1): Variant => ({ name, weight })

/* Makes the worst variant the control, and compares the best with it first. */
const reorder = (play: Play, _day: number, { analysis }: Metrics): void => {
  const names = analysis.rates
    .toSorted((a, b) => (a.rate.value ?? 0) - (b.rate.value ?? 0))
    .map(({ variant }) => variant)
  const [worst = '', ...others] = names
  const best = others.toReversed()
  tryEdit(play, { variants: [worst, ...best].map((name) => toVariant(name)) })
  const rest = names.filter((name) => name !== 'A').toReversed()
  tryEdit(play, { variants: ['A', ...rest].map((name) => toVariant(name)) })
}

/* The control, or a variant that is behind, gets users for a part of the time only. */
const closeVariants = (play: Play, day: number, { analysis }: Metrics): void => {
  if (day % 3 !== 2) return
  const weigh = (name: string) => {
    const lift = analysis.comparisons.find((one) => one.variant === name)?.lift.value ?? 0
    return name === 'A' ? 1 : Number(lift >= 0)
  }
  for (const control of [0, 1]) {
    const weights = [control, weigh('B'), weigh('C')]
    if (tryEdit(play, { variants: toVariants(weights) })) reweight(play, weights)
  }
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

/* Each day up to ten users of A who booked become testers or left-out users, which takes them off the counts. */
const leaveOutBuyers = (world: World): boolean => {
  const play = start([1, 1])
  const leftOutLater: DayRow[] = []
  for (let day = 0; day < world.intakeDays + WINDOW_DAYS; day += 1) {
    if (day < world.intakeDays) liveDay(world, play, day)
    if (hasVerdict(look(play, toDayEnd(day), { leftOutLater }))) return true
    play.rows = play.rows.map((row) => {
      if (row.variant !== 'A' || row.day !== FIRST_DAY + day) return row
      const count = Math.min(10, row.conversions)
      const users = {
        assignments: count,
        exposures: count,
        exposedUsers: count,
        conversions: count,
      }
      leftOutLater.push({ ...row, ...users })
      return {
        ...row,
        assignments: row.assignments - count,
        exposures: row.exposures - count,
        exposedUsers: row.exposedUsers - count,
        conversions: row.conversions - count,
      }
    })
  }
  return false
}

export type Cheat = {
  readonly name: string
  readonly play: (world: World) => boolean
  /** Takes ten times as long as the others. */
  readonly isSlow?: boolean
}

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
      const seen = look(play, toDayEnd(day))
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
      const now = toDayEnd(world.intakeDays + WINDOW_DAYS)
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
        const stopAt = toDayEnd(day).toISOString()
        const stopped: Play = {
          ...play,
          experiment: { ...play.experiment, status: 'STOPPED', stopAt },
        }
        if ([0, 1, 7, 30].some((later) => hasVerdict(look(stopped, toDayEnd(day + later)))))
          return true
      }
      return false
    },
  },
  { name: 'looks while windows are open', play: playLate },
  { name: 'leaves out users of A who booked', play: leaveOutBuyers },
  { name: 'reorders the variants to have the worst as control', play: daily(reorder, [1, 1, 1]) },
  {
    name: 'closes the control, or what is behind, for a part',
    play: daily(closeVariants, [1, 1, 1]),
  },
  {
    name: 'starts over 20 times, each after three weeks',
    isSlow: true,
    play: startOverUntil(() => true),
  },
  {
    name: 'starts over whenever neither variant is far ahead',
    isSlow: true,
    play: startOverUntil((seen) => Math.abs(seen.analysis.comparisons[0]?.zTest.z ?? 0) < 1.5),
  },
]

/** Plays with a true difference, honestly: the days until a verdict; null when there is none. */
export const playHonestly = (world: World): number | null => playDaily(world, start([1, 1]))

/** One look with a z test, at the sample of a test with one look: the days until then; null when it finds nothing. */
export const playOneLook = (world: World): number | null => {
  const { fixedPerVariant } = computeSampleSize({
    baselineRate: PLAN.baselineRate,
    minimumRelativeLift: PLAN.minimumDetectableEffect,
  })
  const play = start([1, 1])
  const days = Math.ceil((fixedPerVariant ?? 0) / (world.usersPerDay / 2))
  for (let day = 0; day < days; day += 1) liveDay(world, play, day)
  const count = (name: string) =>
    play.rows
      .filter(({ variant }) => variant === name)
      .reduce(pool, { exposedUsers: 0, conversions: 0 })
  const { significant, z } = testTwoProportions(count('A'), count('B'))
  return significant && z < 0 ? days + WINDOW_DAYS : null
}
