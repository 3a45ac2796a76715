import { describe, expect, it } from 'vitest'
import { createLedger, findWrongs, type Stored } from '../../bench/mixed/ledger.ts'
import { createRecord } from '../../bench/mixed/record.ts'

/* The checks of `npm run load` must be able to fail. */

/** Two rows of each kind, the second never acknowledged; one user; two edits, likewise. */
const sent = () => {
  const ledger = createLedger()
  ledger.exposures.push(true, false)
  ledger.events.push(true, false)
  ledger.variants.set('u-1', 'A')
  ledger.edits.push({ comment: 'edit 0', isAcknowledged: true })
  ledger.edits.push({ comment: 'edit 1', isAcknowledged: false })
  return ledger
}

const stored = (over: Partial<Stored> = {}): Stored => ({
  exposures: ['exposures-0'],
  events: ['events-0'],
  assignments: [{ userId: 'u-1', variant: 'A' }],
  comments: ['edit 0'],
  rolledUp: { assignments: 1, exposures: 2 },
  ...over,
})

describe('Load ledger', () => {
  it('the ledger accepts stored rows that were acknowledged, and extra rows that were sent', () => {
    expect(findWrongs(sent(), stored())).toEqual([])
    const all = stored({
      exposures: ['exposures-0', 'exposures-1'],
      events: ['events-1', 'events-0'],
      comments: ['edit 1', 'edit 0'],
      rolledUp: { assignments: 1, exposures: 3 },
    })
    expect(findWrongs(sent(), all)).toEqual([])
  })

  it.each<[string, Partial<Stored>, RegExp]>([
    ['a lost event', { events: [] }, /events-0 was acknowledged and is lost/],
    ['an event stored twice', { events: ['events-0', 'events-0'] }, /stored 2 times/],
    ['an event that was never sent', { events: ['events-0', 'events-9'] }, /nobody sent events-9/],
    ['a lost assignment', { assignments: [] }, /u-1 was told A; stored is undefined/],
    ['a changed assignment', { assignments: [{ userId: 'u-1', variant: 'B' }] }, /stored is B/],
    ['an edit without its audit row', { comments: [] }, /edit 0, acknowledged, has 0/],
    ['an edit with two audit rows', { comments: ['edit 0', 'edit 1', 'edit 1'] }, /edit 1 has 2/],
    ['roll-ups that count too much', { rolledUp: { assignments: 1, exposures: 9 } }, /roll-ups/],
  ])('the ledger finds %s', (_, over, complaint) => {
    expect(findWrongs(sent(), stored(over)).join()).toMatch(complaint)
  })

  it('the ledger reports a wrong answer seen during the run', () => {
    const ledger = sent()
    ledger.wrongs.push('a version went back')
    expect(findWrongs(ledger, stored())).toEqual(['a version went back'])
  })
})

const createLoadRecord = (megabytes: (second: number) => number) => {
  const record = createRecord()
  for (let second = 0; second < 90; second++) record.memory(megabytes(second))
  return record.wrongs()
}

describe('Load record', () => {
  it('the record blames a restart only for failures during it', () => {
    const record = createRecord()
    record.restarting(100)
    record.broken('under way', 90, 110, 'reset')
    record.answered('too early', 150, 160, 503, '')
    record.restarted(200)
    record.broken('before', 10, 20, 'reset')
    record.answered('after', 210, 220, 500, 'oops')
    record.answered('refused', 210, 220, 409, '')
    expect(record.wrongs()).toEqual(['before: reset', 'after: 500 oops'])
  })

  it('the record finds memory that keeps growing, and ignores the growth after a start', () => {
    expect(createLoadRecord((second) => 100 + 5 * second)).toEqual([
      'memory grows: from 325 to 475 MB',
    ])
    expect(createLoadRecord((second) => Math.min(100 + 20 * second, 500) + (second % 7))).toEqual(
      [],
    )
  })
})
