import * as fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, expect, inject, it, vi } from 'vitest'
import type { Metrics } from '../../schema/metrics.ts'
import { UNKNOWN_VERSION_PAUSE_MS } from '../../worker/snapshot/freshness.ts'
import { json, seedKeys, send, VIEWER } from '../support/api.ts'
import { fireAtOnce, pass, rows, stopClock } from '../support/experiments.ts'
import { recount, type Ledger, type Range, type Sums } from '../support/recount-ledger.ts'
import {
  createWorld,
  DEVICES,
  USERS,
  VARIANTS,
  WEIGHTS,
  type Step,
} from '../support/recount-world.ts'
import '../support/property-seed.ts'

/*
 * Random histories of an experiment through the routes: phases, pauses, new starts, late rows, sign-ins, testers, removals.
 * A plain count of what the routes acknowledged must equal every count of `/metrics`.
 */

const { histories: HISTORIES } = inject('recount')

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Zones with an offset of no whole hour, or whose clocks change soon after this day: month, from 0, and day. */
const PLACES = [
  ['Asia/Kathmandu', 0, 10],
  ['Europe/Berlin', 9, 24],
  ['Australia/Lord_Howe', 3, 1],
  ['America/St_Johns', 10, 1],
  ['Pacific/Chatham', 8, 22],
] as const

const kind = <Kind extends Step['kind']>(name: Kind) => fc.constant(name)
const person = fc.constantFrom(...USERS, ...DEVICES)
const time = fc.record({
  ago: fc.constantFrom(0, 0, 0, SECOND, 10 * MINUTE, 5 * HOUR, DAY, 2 * DAY, 5 * DAY, 9 * DAY),
  form: fc.constantFrom('none', 'milliseconds', 'seconds'),
})
const aWait = fc.record({
  kind: kind('wait'),
  ms: fc.constantFrom(1, SECOND, 7 * MINUTE, HOUR, 11 * HOUR, 2 * DAY, 4 * DAY),
})
const anExposure = fc.record({
  kind: kind('expose'),
  person,
  time,
  variant: fc.constantFrom('own', 'own', 'own', ...VARIANTS),
})
const anEvent = fc.record({
  kind: kind('event'),
  person,
  time,
  type: fc.constantFrom('booking.confirmed', 'event.viewed', 'page.left'),
})
const aSignIn = fc.record({
  kind: kind('sign-in'),
  device: fc.constantFrom(...DEVICES),
  person: fc.constantFrom(...USERS),
})
const aLifeStep = fc.record({
  kind: kind('life'),
  choice: fc.nat({ max: 5 }),
  weights: fc.constantFrom(...WEIGHTS),
})
const someLists = fc.record({
  kind: kind('lists'),
  testers: fc.subarray([...USERS, ...DEVICES], { maxLength: 1 }),
  leftOut: fc.subarray([...USERS, ...DEVICES], { maxLength: 2 }),
})

const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: aWait },
  { weight: 4, arbitrary: fc.record({ kind: kind('assign'), person }) },
  { weight: 6, arbitrary: anExposure },
  { weight: 6, arbitrary: anEvent },
  { weight: 2, arbitrary: fc.record({ kind: kind('repeat'), index: fc.nat({ max: 200 }) }) },
  { weight: 2, arbitrary: aSignIn },
  { weight: 3, arbitrary: aLifeStep },
  { weight: 1, arbitrary: someLists },
  { weight: 1, arbitrary: fc.record({ kind: kind('erase'), person: fc.constantFrom(...USERS) }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('drain'), person }) },
)

const aHistory = fc.record({
  place: fc.constantFrom(...PLACES),
  steps: fc.array(aStep, { minLength: 30, maxLength: 80, size: 'max' }),
  ranges: fc.array(
    fc.tuple(fc.integer({ min: -2_000, max: 40 * DAY }), fc.integer({ min: 1, max: 20 * DAY })),
    { minLength: 3, maxLength: 3 },
  ),
})

/** The next time that a place has this day. */
const findStart = (month: number, day: number) => {
  const year = new Date().getUTCFullYear()
  const start = Date.UTC(year, month, day, 3)
  return start > Date.now() ? start : Date.UTC(year + 1, month, day, 3)
}

const read = (key: string, { from, to }: Range, zone?: string) => {
  const query = new URLSearchParams({
    ...(from !== undefined && { from: new Date(from).toISOString() }),
    ...(to !== undefined && { to: new Date(to).toISOString() }),
    ...(zone !== undefined && { zone }),
  })
  return json<Metrics>(
    send('GET', `/api/experiments/${key}/metrics?${query.toString()}`, { as: VIEWER }),
  )
}

type Counted = { [Name in keyof Sums]: number }
const pick = ({ assignments, exposures, exposedUsers, conversions, clicks }: Counted): Sums => ({
  assignments,
  exposures,
  exposedUsers,
  conversions,
  clicks,
})
const nameAll = <Item extends Counted>(items: readonly Item[], nameItem: (item: Item) => string) =>
  Object.fromEntries(
    items
      .map((item) => [nameItem(item), pick(item)] as const)
      .filter(([, counts]) => Object.values(counts).some((count) => count !== 0)),
  )

/** The counts of an answer, in the shape of a recount. */
const toCounts = ({ variants, phases, days, maturity, conflicts, leftOut }: Metrics) => ({
  variants: nameAll(variants, ({ name }) => name),
  phases:
    phases &&
    nameAll(
      phases.flatMap(({ phase, variants: all }) => all.map((each) => ({ ...each, phase }))),
      ({ phase, name }) => `${phase} ${name}`,
    ),
  days: nameAll(days, ({ day, variant }) => `${day} ${variant}`),
  maturity: {
    exposedUsers: maturity?.exposedUsers,
    matured: maturity?.matured,
    intakeDays: maturity?.intakeDays,
  },
  conflicts,
  leftOut: leftOut ?? { testers: 0, list: 0, counted: 0 },
})

/** The rows that D1 has of a trial, as texts. */
const listRawRows = async (key: string) => {
  const list = async (query: string) =>
    (await rows<{ row: string }>(query, key)).map(({ row }) => row)
  return {
    assigned: await list(
      `SELECT user_id || ' ' || variant || ' ' || assigned_at || ' ' || phase AS row
       FROM experiment_assignment WHERE experiment_key = ?1 ORDER BY row`,
    ),
    seen: await list(
      `SELECT user_id || ' ' || variant || ' ' || at AS row
       FROM experiment_exposure WHERE experiment_key = ?1 ORDER BY row`,
    ),
    done: await list(
      `SELECT user_id || ' ' || type || ' ' || at AS row
       FROM event WHERE user_id LIKE ?1 || '-%' ORDER BY row`,
    ),
  }
}

/** Every row that was acknowledged, and no other. */
const listLedgerRows = ({ assigned, seen, done }: Ledger) => ({
  assigned: Array.from(
    assigned,
    ([name, row]) => `${name} ${row.variant} ${row.at} ${row.phase}`,
  ).toSorted(),
  seen: Array.from(seen.values(), (row) => `${row.person} ${row.variant} ${row.at}`).toSorted(),
  done: Array.from(done.values(), (row) => `${row.person} ${row.type} ${row.at}`).toSorted(),
})

const expectSame = async (key: string, ledger: Ledger, range: Range, zone: string) => {
  const counts = recount(ledger, range, zone, Date.now())
  const hasPhases = (ledger.runs.at(-1)?.phase ?? 1) > 1
  expect(toCounts(await read(key, range, zone === 'UTC' ? undefined : zone))).toEqual({
    ...counts,
    phases: hasPhases ? counts.phases : undefined,
  })
}

const trial = { count: 0 }

// It ends only what hangs: `npm run test:deep` plays 60 histories.
const TIMEOUT_MS = 3_600_000

it(
  'GET /metrics: random histories have the counts of what the routes acknowledged',
  { timeout: TIMEOUT_MS },
  async () => {
    // The pause of a reader that asks in vain. The stopped clock would hold it for ever.
    fireAtOnce((ms) => ms <= UNKNOWN_VERSION_PAUSE_MS)
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ place: [zone, month, day], steps, ranges }) => {
        const key = `recount-${trial.count++}`
        pass(findStart(month, day) - Date.now())
        const start = Date.now()
        const { ledger, play } = createWorld(key)
        await play(steps)
        expect(await listRawRows(key)).toEqual(listLedgerRows(ledger))
        await expectSame(key, ledger, {}, 'UTC')
        await expectSame(key, ledger, {}, zone)
        for (const [offset, length] of ranges) {
          const from = start + offset
          await expectSame(key, ledger, { from, to: from + length }, zone)
          await expectSame(key, ledger, { to: from }, 'UTC')
        }
      }),
      { numRuns: HISTORIES, endOnFailure: true },
    )
  },
)
