import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../worker/store/database.ts'
import type { DayCounts } from '../../worker/experiments/day-counts.ts'
import { readDayCounts } from '../../worker/store/metrics.ts'
import {
  writeParticipation,
  type AssignmentRow,
  type EventRow,
  type ExposureRow,
  type ParticipationRows,
} from '../../worker/store/participation.ts'
import { rows } from '../support/experiments.ts'

vi.setConfig({ testTimeout: 60_000 })

const HOUR = 3_600_000
const WINDOW = 7 * 24 * HOUR
const START = Date.UTC(2026, 5, 15)

type Row =
  | { readonly kind: 'assignment'; readonly row: AssignmentRow }
  | { readonly kind: 'exposure'; readonly row: ExposureRow }
  | { readonly kind: 'event'; readonly row: EventRow }

/** Instants around everything that matters: hours, days and the end of the window, each to the millisecond. */
const anInstant = fc
  .tuple(
    fc.constantFrom(0, HOUR, 23 * HOUR, 24 * HOUR, 3 * 24 * HOUR, WINDOW, WINDOW + HOUR),
    fc.constantFrom(-1, 0, 1, 1_000),
  )
  .map(([base, offset]) => START + base + offset)

const USERS = ['u-1', 'u-2', 'u-3']
const EXPERIMENTS = ['one', 'two']
const VARIANTS = ['A', 'B', 'C']

/** A user has one variant in an experiment, for ever. */
const variantOf = (experimentKey: string, userId: string) =>
  VARIANTS[(experimentKey.length + Number(userId.at(-1))) % VARIANTS.length] ?? ''

const who = { experimentKey: fc.constantFrom(...EXPERIMENTS), userId: fc.constantFrom(...USERS) }

const aRow: fc.Arbitrary<Row> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ ...who, at: anInstant }).map((row) => ({
      kind: 'exposure' as const,
      row: { ...row, id: '', variant: variantOf(row.experimentKey, row.userId) },
    })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        type: fc.constantFrom('booking.confirmed', 'event.viewed', 'event.viewed', 'page.left'),
        userId: who.userId,
        at: anInstant,
      })
      .map((row) => ({ kind: 'event' as const, row: { ...row, id: '' } })),
  },
)

/** Who takes part, what they do, and in which order and batches that arrives; some of it twice. */
const aHistory = fc
  .record({
    assigned: fc.uniqueArray(fc.record({ ...who, at: anInstant }), {
      selector: ({ experimentKey, userId }) => `${experimentKey} ${userId}`,
      maxLength: 6,
    }),
    done: fc.array(aRow, { maxLength: 30 }),
  })
  .chain(({ assigned, done }) => {
    const all: Row[] = [
      ...assigned.map((row) => ({
        kind: 'assignment' as const,
        row: { ...row, variant: variantOf(row.experimentKey, row.userId) },
      })),
      ...done.map(({ kind, row }, index) => ({ kind, row: { ...row, id: `${index}` } }) as Row),
    ]
    return fc.record({
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

type Counts = Omit<DayCounts, 'day' | 'variant'>
const NONE: Counts = { assignments: 0, exposures: 0, exposedUsers: 0, conversions: 0, clicks: 0 }

/** What section 4 of the design says, straight from the raw rows. */
const bruteForce = (all: readonly Row[], experimentKey: string) => {
  const { assignments, exposures, events } = toRows(all)
  const counts = new Map<string, Counts>()
  const count = (variant: string, at: number, over: Partial<Counts>) => {
    const name = `${Math.floor(at / HOUR)} ${variant}`
    const before = counts.get(name) ?? NONE
    counts.set(name, {
      assignments: before.assignments + (over.assignments ?? 0),
      exposures: before.exposures + (over.exposures ?? 0),
      exposedUsers: before.exposedUsers + (over.exposedUsers ?? 0),
      conversions: before.conversions + (over.conversions ?? 0),
      clicks: before.clicks + (over.clicks ?? 0),
    })
  }
  for (const { variant, at, ...row } of exposures)
    if (row.experimentKey === experimentKey) count(variant, at, { exposures: 1 })
  for (const { userId, variant, at, ...row } of assignments) {
    if (row.experimentKey !== experimentKey) continue
    count(variant, at, { assignments: 1 })
    const seenAt = exposures
      .filter((seen) => seen.userId === userId && seen.experimentKey === experimentKey)
      .map((seen) => seen.at)
    if (seenAt.length === 0) continue
    const first = Math.min(...seenAt)
    const after = events.filter((event) => event.userId === userId && event.at > first)
    const isConverted = after.some(
      (event) => event.type === 'booking.confirmed' && event.at <= first + WINDOW,
    )
    count(variant, first, {
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
  const stored = await rows<Counts & { hour: number; variant: string }>(
    `SELECT hour, variant, assignments, exposures, exposed_users AS exposedUsers, conversions, clicks
     FROM experiment_rollup WHERE experiment_key = ?`,
    experimentKey,
  )
  return new Map(
    stored
      .map(({ hour, variant, ...counts }) => [`${hour} ${variant}`, counts] as const)
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

describe('Roll-ups of random rows, in any order and batches, some sent twice', () => {
  it('the roll-up of each hour equals a count of the raw rows', async () => {
    const db = openDatabase(env.DB)
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ all, arriving, batches }) => {
        const number = trial.count++
        for (const batch of inBatches(ofTrial(arriving, number), batches))
          await writeParticipation(db, toRows(batch))
        for (const key of EXPERIMENTS)
          expect(await rollups(`${number}-${key}`)).toEqual(
            bruteForce(ofTrial(all, number), `${number}-${key}`),
          )
      }),
      { numRuns: 100 },
    )
  })

  it('no roll-up is negative, even while rows are missing', async () => {
    const db = openDatabase(env.DB)
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ arriving, batches }) => {
        const number = trial.count++
        for (const batch of inBatches(ofTrial(arriving, number), batches)) {
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

  it('days and any range of hours equal a count of the raw rows', async () => {
    const db = openDatabase(env.DB)
    const anHour = fc.option(fc.integer({ min: -1, max: 200 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(aHistory, anHour, anHour, async ({ all }, fromHour, toHour) => {
        const number = trial.count++
        const own = ofTrial(all, number)
        await writeParticipation(db, toRows(own))
        const [from, to] = [fromHour, toHour].map((hour) => hour && START / HOUR + hour)
        const expected = new Map<string, Counts>()
        for (const [name, counts] of bruteForce(own, `${number}-one`)) {
          const [hour = '', variant = ''] = name.split(' ')
          if (Number(hour) < (from ?? 0) || Number(hour) >= (to ?? Infinity)) continue
          const day = `${Math.floor(Number(hour) / 24)} ${variant}`
          const sum = expected.get(day) ?? NONE
          expected.set(day, {
            assignments: sum.assignments + counts.assignments,
            exposures: sum.exposures + counts.exposures,
            exposedUsers: sum.exposedUsers + counts.exposedUsers,
            conversions: sum.conversions + counts.conversions,
            clicks: sum.clicks + counts.clicks,
          })
        }
        const read = await readDayCounts(db, `${number}-one`, from, to)
        const days = read.map(({ day }) => day)
        expect(days).toEqual(days.toSorted((a, b) => a - b))
        expect(
          new Map(
            read
              .map(({ day, variant, ...counts }) => [`${day} ${variant}`, counts] as const)
              .filter(([, counts]) => isSomething(counts)),
          ),
        ).toEqual(expected)
      }),
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
    expect(await readDayCounts(db, 'crowd', undefined, undefined)).toEqual([
      {
        day: START / (24 * HOUR),
        variant: 'A',
        assignments: 1_000,
        exposures: 1_000,
        exposedUsers: 1_000,
        conversions: 0,
        clicks: 1_000,
      },
    ])
  }
})
