import { describe, expect, it } from 'vitest'
import { ExperimentHealth, type RowOutcome } from '../../../schema/experiment-health.ts'
import { summarizeHealth } from '../../../worker/experiments/health.ts'
import {
  countEvent,
  countExposure,
  createRowCounts,
  MAX_EVENT_TYPES,
  MAX_ROW_NAMES,
  mergeRowCounts,
  type RowCounts,
} from '../../../worker/experiments/row-counts.ts'
import { measureEdits, suggestEventType } from '../../../worker/experiments/similar-type.ts'

const repeat = (times: number, work: () => void) => {
  for (let index = 0; index < times; index++) work()
}

const countAll = (
  exposures: Partial<Record<RowOutcome, number>>,
  types: Record<string, number> = {},
): RowCounts => {
  const counts = createRowCounts()
  for (const [outcome, times] of Object.entries(exposures))
    repeat(times, () => countExposure(counts, 'checkout', outcome as RowOutcome))
  for (const [type, times] of Object.entries(types))
    repeat(times, () => countEvent(counts, type, 'ACCEPTED'))
  return counts
}

const SINCE = Date.UTC(2026, 10, 28, 16)
const summarize = (counts: RowCounts) => summarizeHealth('checkout', counts, SINCE)
const readTexts = (counts: RowCounts) =>
  summarize(counts).findings.map(({ text }) => text.replaceAll('\u00a0', ' '))

describe('measureEdits', () => {
  it.each([
    ['', '', 0],
    ['a', '', 1],
    ['booking', 'booking', 0],
    ['booking', 'boking', 1],
    ['booking', 'bookings', 1],
    ['booking', 'bokoing', 1],
    ['booking', 'looking', 1],
    ['confirm', 'confirmed', 2],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('from "%s" to "%s" are %d edits, and as many back', (a, b, edits) => {
    expect(measureEdits(a, b)).toBe(edits)
    expect(measureEdits(b, a)).toBe(edits)
  })
})

describe('suggestEventType', () => {
  it.each([
    ['booking_confirmed', 'booking.confirmed'],
    ['booking-confirmed', 'booking.confirmed'],
    ['bookingconfirmed', 'booking.confirmed'],
    ['booking.confirm', 'booking.confirmed'],
    ['bookings.confirmed', 'booking.confirmed'],
    ['boking.confirmed', 'booking.confirmed'],
    ['booking.comfirmed', 'booking.confirmed'],
    ['confirmed.booking', 'booking.confirmed'],
    ['event_view', 'event.viewed'],
    ['view-event', 'event.viewed'],
    ['event.veiwed', 'event.viewed'],
  ])('takes %s for %s', (type, meant) => {
    expect(suggestEventType(type)).toBe(meant)
  })

  it.each([
    'booking.confirmed',
    'event.viewed',
    'booking.unconfirmed',
    'booking.cancelled',
    'booking.started',
    'event.reviewed',
    'event.created',
    'event.shared',
    'page.viewed',
    'cart.opened',
    'a',
    'x'.repeat(64),
  ])('takes %s for itself', (type) => {
    expect(suggestEventType(type)).toBeUndefined()
  })
})

describe('Row counts', () => {
  it('keep a bounded number of event types and count the rest together', () => {
    const counts = createRowCounts()
    for (let index = 0; index < 1_000; index++) countEvent(counts, `type.${index}`, 'ACCEPTED')
    countEvent(counts, 'type.0', 'ACCEPTED')
    expect(counts.types.size).toBe(MAX_EVENT_TYPES + 1)
    expect(counts.types.get('type.0')).toBe(2)
    expect(counts.types.get('')).toBe(1_000 - MAX_EVENT_TYPES)
    expect(counts.rows.get('events ACCEPTED')).toBe(1_001)
  })

  it('keep the name of a type that results count, however many others came before', () => {
    const counts = createRowCounts()
    for (let index = 0; index < 1_000; index++) countEvent(counts, `type.${index}`, 'ACCEPTED')
    countEvent(counts, 'booking.confirmed', 'ACCEPTED')
    const total = createRowCounts()
    mergeRowCounts(total, counts)
    expect(total.types.get('booking.confirmed')).toBe(1)
  })

  it('keep a bounded number of experiments', () => {
    const counts = createRowCounts()
    for (let index = 0; index < 6_000; index++) countExposure(counts, `key-${index}`, 'ACCEPTED')
    expect(counts.rows.size).toBe(MAX_ROW_NAMES)
  })

  it('stay bounded when they are merged', () => {
    const total = createRowCounts()
    for (const batch of ['a', 'b']) {
      const counts = createRowCounts()
      for (let index = 0; index < 150; index++) countEvent(counts, `${batch}.${index}`, 'ACCEPTED')
      mergeRowCounts(total, counts)
    }
    expect(total.types.size).toBe(MAX_EVENT_TYPES + 1)
    expect(total.types.get('')).toBe(100)
    expect(total.rows.get('events ACCEPTED')).toBe(300)
  })
})

describe('summarizeHealth', () => {
  it('has no finding for accepted rows and usual repetitions', () => {
    const counts = countAll({ ACCEPTED: 99 }, { 'booking.confirmed': 3, 'event.viewed': 50 })
    const health = summarize(counts)
    expect(health).toEqual(ExperimentHealth.parse(health))
    expect(health).toMatchObject({
      since: '2026-11-28T16:00:00.000Z',
      exposures: { accepted: 99, repeated: 0, uncounted: {}, refused: {} },
      findings: [],
    })
  })

  it('says in words what was refused, one sentence for each reason', () => {
    const counts = countAll({ VARIANT_MISMATCH: 41, UNKNOWN_VARIANT: 1, ACCEPTED: 2 })
    expect(readTexts(counts)).toEqual([
      '41 exposures were refused: the user does not have the named variant.',
      '1 exposure was refused: the experiment has no variant of that name.',
    ])
  })

  it('puts what to look at before what needs no action', () => {
    const counts = countAll({ CRAWLER: 5, TESTER: 1, TOO_OLD: 2, DUPLICATE: 1, ACCEPTED: 60 })
    const { findings } = summarize(counts)
    expect(findings.map(({ tone }) => tone)).toEqual(['careful', 'plain', 'plain', 'plain'])
    expect(readTexts(counts).slice(1)).toEqual([
      '1 exposure came again and counted once.',
      '5 visits came from known crawlers.',
      '1 visit came from testers.',
    ])
  })

  it('warns when more rows than usual come again', () => {
    const [usual] = summarize(countAll({ ACCEPTED: 90, DUPLICATE: 2 })).findings
    const [few] = summarize(countAll({ ACCEPTED: 95, DUPLICATE: 19 })).findings
    const [many] = summarize(countAll({ ACCEPTED: 90, DUPLICATE: 20 })).findings
    expect([usual?.tone, few?.tone, many?.tone]).toEqual(['plain', 'plain', 'careful'])
  })

  it('asks whether a type was meant as a counted one, also when it is rare', () => {
    const types = Object.fromEntries(
      Array.from({ length: 80 }, (_, index) => [`other.${index}`, 100]),
    )
    const counts = countAll({}, { ...types, booking_confirmed: 1 })
    const health = summarize(counts)
    expect(health.eventTypes).toHaveLength(50)
    expect(health.eventTypes[0]).toEqual({
      type: 'booking_confirmed',
      count: 1,
      isCounted: false,
      didYouMean: 'booking.confirmed',
    })
    expect(health.otherEvents).toBe(31 * 100)
    expect(readTexts(counts)).toEqual([
      '1 event of the type booking_confirmed counts in no result. Did you mean booking.confirmed?',
      '8,000 events of other types count in no result. Types: other.0, other.1, other.2, other.3, other.4 and others.',
    ])
  })

  it('warns when no booking came with a hundred exposures', () => {
    expect(readTexts(countAll({ ACCEPTED: 100 }))).toEqual([
      'No event of the type booking.confirmed arrived, but 100 exposures did.',
    ])
    expect(readTexts(countAll({ ACCEPTED: 100 }, { 'booking.confirmed': 1 }))).toEqual([])
  })

  it('leaves out the rows of other experiments, and names exposures without one', () => {
    const counts = createRowCounts()
    countExposure(counts, 'checkout-2', 'VARIANT_MISMATCH')
    countExposure(counts, undefined, 'EXPERIMENT_NOT_FOUND')
    expect(summarize(counts)).toMatchObject({
      exposures: { refused: {} },
      otherExposures: { refused: { EXPERIMENT_NOT_FOUND: 1 } },
    })
    expect(readTexts(counts)).toEqual([
      '1 other exposure was refused: no published experiment has the key.',
    ])
  })
})
