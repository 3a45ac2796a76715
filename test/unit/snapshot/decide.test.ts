import { describe, expect, it } from 'vitest'
import {
  createReaderState,
  decide,
  FAILURE_PAUSE_MS,
  MAX_AGE_MS,
  REFRESH_AFTER_MS,
  throttleMs,
  UNKNOWN_VERSION_PAUSE_MS,
  type Decision,
  type Demand,
  type ReaderState,
} from '../../../worker/snapshot/freshness.ts'

const NOW = 1_800_000_000_000

/** A snapshot of version 7, verified so many milliseconds ago; its refresh was the first. */
const loaded = (ageMs: number, rest: Partial<ReaderState> = {}): ReaderState => ({
  ...createReaderState(),
  loaded: { snapshot: { version: 7 }, verifiedAt: NOW - ageMs },
  refreshesStarted: 1,
  lastRefreshEnded: 1,
  lastRefreshAt: NOW - ageMs,
  ...rest,
})
const cold = (rest: Partial<ReaderState> = {}): ReaderState => ({ ...createReaderState(), ...rest })

type Row = readonly [when: string, state: ReaderState, demand: Partial<Demand>, expected: Decision]

const rows: readonly Row[] = [
  ['nothing is loaded', cold(), {}, 'ask-first'],
  ['nothing is loaded and the refresh has failed', cold({ lastRefreshEnded: 1 }), {}, 'serve'],
  [
    'nothing is loaded and another request has just failed',
    cold({ refreshesStarted: 1, lastRefreshEnded: 1, lastFailureAt: NOW }),
    { refreshesBefore: 1 },
    'ask-first',
  ],
  ['the snapshot was verified now', loaded(0), {}, 'serve'],
  ['the snapshot was verified almost 5 s ago', loaded(REFRESH_AFTER_MS - 1), {}, 'serve'],
  ['the snapshot was verified 5 s ago', loaded(REFRESH_AFTER_MS), {}, 'refresh-behind'],
  ['the snapshot was verified almost 30 s ago', loaded(MAX_AGE_MS - 1), {}, 'refresh-behind'],
  ['the snapshot was verified 30 s ago', loaded(MAX_AGE_MS), {}, 'ask-first'],
  ['the clock was set back since the verification', loaded(-1), {}, 'ask-first'],
  [
    'a refresh began less than 5 s ago',
    loaded(6_000, { lastRefreshAt: NOW - REFRESH_AFTER_MS + 1 }),
    {},
    'serve',
  ],
  ['the request names the loaded version', loaded(0), { minVersion: 7 }, 'serve'],
  ['the request names an older version', loaded(0), { minVersion: 6 }, 'serve'],
  ['the request names a newer version', loaded(0), { minVersion: 8 }, 'ask-first'],
  ['the request demands a younger snapshot', loaded(1_000), { maxAgeMs: 1_000 }, 'ask-first'],
  ['the snapshot is as young as demanded', loaded(999), { maxAgeMs: 1_000 }, 'serve'],
  ['the request demands a question', loaded(0), { maxAgeMs: 0 }, 'ask-first'],
  [
    'a refresh that began later did not find the named version',
    loaded(0, { refreshesStarted: 2, lastRefreshEnded: 2 }),
    { minVersion: 8, refreshesBefore: 1 },
    'serve',
  ],
  [
    'a refresh that began earlier did not find the named version',
    loaded(0, { refreshesStarted: 2, lastRefreshEnded: 2 }),
    { minVersion: 8, refreshesBefore: 2 },
    'ask-first',
  ],
  [
    'a refresh that began later is still under way',
    loaded(0, { refreshesStarted: 2 }),
    { minVersion: 8, refreshesBefore: 1 },
    'ask-first',
  ],
  [
    'a named version was missing just before',
    loaded(0, { lastMissAt: NOW - UNKNOWN_VERSION_PAUSE_MS + 1 }),
    { minVersion: 8 },
    'throttle',
  ],
  [
    'a named version was missing just before, and the snapshot meets the demand',
    loaded(0, { lastMissAt: NOW }),
    { minVersion: 7 },
    'serve',
  ],
  [
    'a named version was missing 250 ms before',
    loaded(0, { lastMissAt: NOW - UNKNOWN_VERSION_PAUSE_MS }),
    { minVersion: 8 },
    'ask-first',
  ],
  [
    'the request has been throttled already',
    loaded(0, { lastMissAt: NOW - 1 }),
    { minVersion: 8, hasWaited: true },
    'ask-first',
  ],
  [
    'another request missed its version after this one came',
    loaded(0, { lastMissAt: NOW }),
    { minVersion: 8, arrivedAt: NOW - 1 },
    'ask-first',
  ],
  [
    'the clock was set back since the last miss',
    loaded(0, { lastMissAt: NOW + 1 }),
    { minVersion: 8 },
    'ask-first',
  ],
  [
    'the sources failed just before',
    loaded(MAX_AGE_MS, { lastRefreshAt: NOW - 1, lastFailureAt: NOW - FAILURE_PAUSE_MS + 1 }),
    {},
    'serve',
  ],
  [
    'the sources failed just before and a refresh is due',
    loaded(MAX_AGE_MS, { lastFailureAt: NOW - FAILURE_PAUSE_MS + 1 }),
    { minVersion: 8 },
    'refresh-behind',
  ],
  [
    'the sources failed 5 s before',
    loaded(MAX_AGE_MS, { lastFailureAt: NOW - FAILURE_PAUSE_MS }),
    {},
    'ask-first',
  ],
  [
    'the sources failed for another request after this one came',
    loaded(MAX_AGE_MS, { lastFailureAt: NOW }),
    { arrivedAt: NOW - 1 },
    'ask-first',
  ],
  [
    'the clock was set back since the last failure',
    loaded(MAX_AGE_MS, { lastFailureAt: NOW + 1 }),
    {},
    'ask-first',
  ],
]

describe('decide', () => {
  it.each(rows)('decides by the table when %s', (_when, state, demand, expected) => {
    const { refreshesStarted: refreshesBefore } = state
    const full = { arrivedAt: NOW, refreshesBefore, hasWaited: false, ...demand }
    expect(decide(state, full, NOW)).toBe(expected)
  })
})

it('throttleMs: returns the rest of the pause since the last miss', () => {
  const demand = { arrivedAt: NOW, refreshesBefore: 1, hasWaited: false }
  const state = loaded(0, { lastMissAt: NOW - 100 })
  expect(throttleMs(state, demand, NOW)).toBe(UNKNOWN_VERSION_PAUSE_MS - 100)
  expect(throttleMs(state, demand, NOW + 1_000)).toBe(0)
})
