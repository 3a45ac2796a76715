import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../worker/store/database.ts'
import type { DayRow } from '../../worker/experiments/phase-counts.ts'
import { readDayCounts } from '../../worker/store/metrics.ts'
import {
  writeParticipation,
  type AssignmentRow,
  type EventRow,
  type ExposureRow,
  type ParticipationRows,
} from '../../worker/store/participation.ts'
import { rows } from '../support/experiments.ts'
import { editLists, isLeftOut, someLists, type Lists } from '../support/left-out.ts'
import '../support/property-seed.ts'

const QUARTER = 900_000
const HOUR = 4 * QUARTER
const WINDOW = 7 * 24 * HOUR
const START = Date.UTC(2026, 5, 15)
/** Every window is complete. */
const NOW = new Date(START + 100 * 24 * HOUR)

type Row =
  | { readonly kind: 'assignment'; readonly row: AssignmentRow }
  | { readonly kind: 'exposure'; readonly row: ExposureRow }
  | { readonly kind: 'event'; readonly row: EventRow }

/** Instants around everything that matters: quarters, days and the end of the window, each to the millisecond. */
const anInstant = fc
  .tuple(
    fc.constantFrom(0, QUARTER, HOUR, 23 * HOUR, 24 * HOUR, 3 * 24 * HOUR, WINDOW, WINDOW + HOUR),
    fc.constantFrom(-1, 0, 1, 1_000),
  )
  .map(([base, offset]) => START + base + offset)

const USERS = ['u-1', 'u-2', 'u-3']
const EXPERIMENTS = ['one', 'two']
const VARIANTS = ['A', 'B', 'C']

/** A user has one variant in an experiment, for ever. */
const readVariant = (experimentKey: string, userId: string) =>
  VARIANTS[(experimentKey.length + Number(userId.at(-1))) % VARIANTS.length] ?? ''

const who = { experimentKey: fc.constantFrom(...EXPERIMENTS), userId: fc.constantFrom(...USERS) }

const aRow: fc.Arbitrary<Row> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ ...who, at: anInstant }).map((row) => ({
      kind: 'exposure' as const,
      row: { ...row, id: '', variant: readVariant(row.experimentKey, row.userId) },
    })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        type: fc.constantFrom('booking.confirmed', 'event.viewed', 'event.viewed', 'page.left'),
        userId: who.userId,
        at: anInstant,
        spanMs: fc.constantFrom(undefined, 999),
      })
      .map((row) => ({ kind: 'event' as const, row: { ...row, id: '' } })),
  },
)

/** When the phases of both experiments began, and when each stopped, if it did. */
type Past = {
  readonly launches: readonly number[]
  readonly stops: Readonly<Record<string, number | undefined>>
}

const aPast: fc.Arbitrary<Past> = fc.record({
  launches: fc
    .array(anInstant, { maxLength: 3 })
    .map((launches) => launches.toSorted((a, b) => a - b)),
  stops: fc.record({
    one: fc.constant(undefined),
    two: fc.constantFrom(undefined, START, START + HOUR),
  }),
})

/** Users, their actions, and the order and batches of arrival. Some rows arrive twice. */
const aHistory = fc
  .record({
    past: aPast,
    assigned: fc.uniqueArray(
      fc.record({ ...who, at: anInstant, phase: fc.constantFrom(undefined, 1, 2) }),
      {
        selector: ({ experimentKey, userId }) => `${experimentKey} ${userId}`,
        maxLength: 6,
      },
    ),
    done: fc.array(aRow, { maxLength: 30 }),
  })
  .chain(({ past, assigned, done }) => {
    const all: Row[] = [
      ...assigned.map((row) => ({
        kind: 'assignment' as const,
        row: { ...row, variant: readVariant(row.experimentKey, row.userId) },
      })),
      ...done.map(({ kind, row }, index) => ({ kind, row: { ...row, id: `${index}` } }) as Row),
    ]
    return fc.record({
      past: fc.constant(past),
      lists: someLists(USERS, EXPERIMENTS),
      all: fc.constant(all),
      arriving: fc
        .tuple(fc.shuffledSubarray(all, { minLength: all.length }), fc.shuffledSubarray(all))
        .map(([once, again]) => [...once, ...again]),
      batches: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
    })
  })

const ofKind = <Kind extends Row['kind']>(all: readonly Row[], kind: Kind) =>
  all.filter((each) => each.kind === kind).map(({ row }) => row) as Extract<
    Row,
    { kind: Kind }
  >['row'][]

const toRows = (all: readonly Row[]): ParticipationRows => ({
  assignments: ofKind(all, 'assignment'),
  exposures: ofKind(all, 'exposure'),
  events: ofKind(all, 'event'),
})

/** Rows in slices of these sizes, over and over. */
const inBatches = <Item>(items: readonly Item[], sizes: readonly number[]): Item[][] => {
  const batches: Item[][] = []
  for (let from = 0, index = 0; from < items.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    batches.push(items.slice(from, from + size))
    from += size
  }
  return batches
}

type Counts = Omit<DayRow, 'day' | 'phase' | 'variant' | 'matured'>
const NONE: Counts = { assignments: 0, exposures: 0, exposedUsers: 0, conversions: 0, clicks: 0 }

/** The phase of an instant: that of the last launch until then. */
const phaseAt = ({ launches }: Past, at: number) =>
  Math.max(1, launches.findLastIndex((launch) => launch <= at) + 1)

/** The phase of an assignment. A phase whose launch did not come before the row, give or take a clock, is none: 0. */
const findPhase = (past: Past, { phase, at }: AssignmentRow) => {
  if (phase === undefined) return phaseAt(past, at)
  const launch = past.launches[phase - 1]
  return launch !== undefined && launch <= at + 301_000 ? phase : 0
}

const toName = (row: AssignmentRow | ExposureRow) => `${row.experimentKey} ${row.userId}`

/** Exposures have the phase of the user's assignment, if that came with them or before. */
const listExposures = (batches: readonly (readonly Row[])[], past: Past) => {
  const assigned = new Map<string, number>()
  const exposures = new Map<string, ExposureRow & { phase: number }>()
  for (const batch of batches.map(toRows)) {
    for (const row of batch.assignments) assigned.set(toName(row), findPhase(past, row))
    for (const row of batch.exposures) {
      const phase = assigned.get(toName(row)) ?? phaseAt(past, row.at)
      const name = `${toName(row)} ${row.id}`
      if (!exposures.has(name)) exposures.set(name, { ...row, phase })
    }
  }
  return Array.from(exposures.values())
}

/** What section 4 of the design says, straight from the raw rows as they arrived. */
const bruteForce = (
  batches: readonly (readonly Row[])[],
  all: readonly Row[],
  experimentKey: string,
  past: Past,
  lists: readonly Lists[] = [],
) => {
  const { assignments, events } = toRows(all)
  const exposures = listExposures(batches, past)
  const stopAt = past.stops[experimentKey.split('-').at(-1) ?? '']
  const counts = new Map<string, Counts>()
  const count = (phase: number, variant: string, at: number, over: Partial<Counts>) => {
    const name = `${Math.floor(at / QUARTER)} ${phase} ${variant}`
    const before = counts.get(name) ?? NONE
    counts.set(name, {
      assignments: before.assignments + (over.assignments ?? 0),
      exposures: before.exposures + (over.exposures ?? 0),
      exposedUsers: before.exposedUsers + (over.exposedUsers ?? 0),
      conversions: before.conversions + (over.conversions ?? 0),
      clicks: before.clicks + (over.clicks ?? 0),
    })
  }
  for (const { phase, variant, at, ...row } of exposures)
    if (row.experimentKey === experimentKey && !isLeftOut(lists, experimentKey, row.userId))
      count(phase, variant, at, { exposures: 1 })
  for (const row of assignments) {
    const { userId, variant, at } = row
    if (row.experimentKey !== experimentKey) continue
    if (isLeftOut(lists, experimentKey, userId)) continue
    const phase = findPhase(past, row)
    count(phase, variant, at, { assignments: 1 })
    const seenAt = exposures
      .filter((seen) => seen.userId === userId && seen.experimentKey === experimentKey)
      .map((seen) => seen.at)
    if (seenAt.length === 0) continue
    const first = Math.min(...seenAt)
    const after = events.filter(
      (event) =>
        event.userId === userId &&
        event.at + (event.spanMs ?? 0) > first &&
        (stopAt === undefined || event.at <= stopAt + WINDOW),
    )
    const isConverted = after.some(
      (event) => event.type === 'booking.confirmed' && event.at <= first + WINDOW,
    )
    count(phase, variant, first, {
      exposedUsers: 1,
      conversions: isConverted ? 1 : 0,
      clicks: after.filter(({ type }) => type === 'event.viewed').length,
    })
  }
  return counts
}

const isSomething = (counts: Counts) => Object.values(counts).some((count) => count !== 0)

/** The roll-ups as they stand, those that count nothing left out. */
const rollups = async (experimentKey: string) => {
  const stored = await rows<Counts & { quarter: number; phase: number; variant: string }>(
    `SELECT quarter, phase, variant, assignments, exposures, exposed_users AS exposedUsers, conversions, clicks
     FROM experiment_rollup WHERE experiment_key = ?`,
    experimentKey,
  )
  return new Map(
    stored
      .map(
        ({ quarter, phase, variant, ...counts }) =>
          [`${quarter} ${phase} ${variant}`, counts] as const,
      )
      .filter(([, counts]) => isSomething(counts)),
  )
}

const trial = { count: 0 }
/** The same rows with keys and users that no other trial has. */
const ofTrial = (all: readonly Row[], number: number): Row[] =>
  all.map(
    ({ kind, row }) =>
      ({
        kind,
        row: {
          ...row,
          userId: `${number}-${row.userId}`,
          ...('experimentKey' in row && { experimentKey: `${number}-${row.experimentKey}` }),
        },
      }) as Row,
  )

/** Puts the launches and stops of a trial's experiments into D1. */
const writePast = async ({ launches, stops }: Past, number: number) => {
  const statements = EXPERIMENTS.flatMap((key) => [
    env.DB.prepare(
      `INSERT INTO experiment (key, variants, status, stop_at, version, created_at, updated_at)
       VALUES (?, '[]', ?, ?, 1, 0, 0)`,
    ).bind(
      `${number}-${key}`,
      stops[key] === undefined ? 'RUNNING' : 'STOPPED',
      stops[key] ?? null,
    ),
    ...launches.map((at, index) =>
      env.DB.prepare(`INSERT INTO experiment_history VALUES (?, ?, 'launch', ?, ?, NULL, 0)`).bind(
        `${number}-${key}`,
        index,
        at,
        index + 1,
      ),
    ),
  ])
  await env.DB.batch(statements)
}

describe('Roll-ups of random rows, in any order and batches, some sent twice', () => {
  it('the roll-up of each quarter and phase equals a count of the raw rows', async () => {
    const db = openDatabase(env.DB)
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ past, lists, all, arriving, batches }) => {
        const number = trial.count++
        await writePast(past, number)
        const arrived = inBatches(ofTrial(arriving, number), batches)
        for (const [index, batch] of arrived.entries()) {
          await editLists(
            lists.filter(({ after }) => after === index),
            number,
          )
          await writeParticipation(db, toRows(batch))
        }
        await editLists(
          lists.filter(({ after }) => after >= arrived.length),
          number,
        )
        for (const key of EXPERIMENTS)
          expect(await rollups(`${number}-${key}`)).toEqual(
            bruteForce(arrived, ofTrial(all, number), `${number}-${key}`, past, lists),
          )
      }),
      { numRuns: 100 },
    )
  })

  it('no roll-up is negative, even while rows are missing', async () => {
    const db = openDatabase(env.DB)
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ past, lists, arriving, batches }) => {
        const number = trial.count++
        await writePast(past, number)
        for (const [index, batch] of inBatches(ofTrial(arriving, number), batches).entries()) {
          await editLists(
            lists.filter(({ after }) => after === index),
            number,
          )
          await writeParticipation(db, toRows(batch))
          const [least] = await rows<{ least: number | null }>(
            `SELECT min(min(assignments, exposures, exposed_users, conversions, clicks)) AS least
             FROM experiment_rollup WHERE experiment_key LIKE ?`,
            `${number}-%`,
          )
          expect(least?.least ?? 0).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('days and any range of quarters equal a count of the raw rows', async () => {
    const db = openDatabase(env.DB)
    const aQuarter = fc.option(fc.integer({ min: -1, max: 800 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(
        aHistory,
        aQuarter,
        aQuarter,
        async ({ past, all }, fromQuarter, toQuarter) => {
          const number = trial.count++
          const own = ofTrial(all, number)
          await writePast(past, number)
          await writeParticipation(db, toRows(own))
          const [from, to] = [fromQuarter, toQuarter].map(
            (quarter) => quarter && START / QUARTER + quarter,
          )
          const expected = new Map<string, Counts>()
          for (const [name, counts] of bruteForce([own], own, `${number}-one`, past)) {
            const [quarter = '', phase = '', variant = ''] = name.split(' ')
            if (Number(quarter) < (from ?? 0) || Number(quarter) >= (to ?? Infinity)) continue
            const day = `${Math.floor(Number(quarter) / 96)} ${phase} ${variant}`
            const sum = expected.get(day) ?? NONE
            expected.set(day, {
              assignments: sum.assignments + counts.assignments,
              exposures: sum.exposures + counts.exposures,
              exposedUsers: sum.exposedUsers + counts.exposedUsers,
              conversions: sum.conversions + counts.conversions,
              clicks: sum.clicks + counts.clicks,
            })
          }
          const read = await readDayCounts(db, `${number}-one`, from, to, NOW)
          const days = read.map(({ day }) => day)
          expect(days).toEqual(days.toSorted((a, b) => a - b))
          expect(
            new Map(
              read
                .map(
                  ({ day, phase, variant, matured: _matured, ...counts }) =>
                    [`${day} ${phase} ${variant}`, counts] as const,
                )
                .filter(([, counts]) => isSomething(counts)),
            ),
          ).toEqual(expected)
        },
      ),
      { numRuns: 50 },
    )
  })
})

it('Roll-ups: writing the rows of 1,000 users again changes nothing', async () => {
  const db = openDatabase(env.DB)
  const users = Array.from({ length: 1_000 }, (_, index) => `crowd-${index}`)
  const at = START
  const written: ParticipationRows = {
    assignments: users.map((userId) => ({ experimentKey: 'crowd', userId, variant: 'A', at })),
    exposures: users.map((userId) => ({
      id: '1',
      experimentKey: 'crowd',
      userId,
      variant: 'A',
      at,
    })),
    events: users.map((userId) => ({ id: '1', type: 'event.viewed', userId, at: at + 1 })),
  }
  for (let again = 0; again < 3; again++) {
    await writeParticipation(db, written)
    expect(await readDayCounts(db, 'crowd', undefined, undefined, NOW)).toEqual([
      {
        day: START / (24 * HOUR),
        phase: 1,
        variant: 'A',
        assignments: 1_000,
        exposures: 1_000,
        exposedUsers: 1_000,
        conversions: 0,
        clicks: 1_000,
        matured: { exposedUsers: 1_000, conversions: 0 },
      },
    ])
  }
})

it('Roll-ups: users mature when the window of the last one in their quarter closes', async () => {
  const db = openDatabase(env.DB)
  const row = { experimentKey: 'matures', userId: 'matures-1', variant: 'A', at: START + 1 }
  await writeParticipation(db, {
    assignments: [row],
    exposures: [{ ...row, id: '1' }],
    events: [{ id: '1', type: 'booking.confirmed', userId: row.userId, at: START + 2 }],
  })
  const readMatured = async (now: number) =>
    (await readDayCounts(db, 'matures', undefined, undefined, new Date(now)))[0]?.matured
  const closes = START + QUARTER + WINDOW
  expect(await readMatured(closes - 1)).toEqual({ exposedUsers: 0, conversions: 0 })
  expect(await readMatured(closes)).toEqual({ exposedUsers: 1, conversions: 1 })
})
