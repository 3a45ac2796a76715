import { median, quantile, type Row } from '../report.ts'
import type { Ledger, Stored } from './ledger.ts'
import type { Measured } from './record.ts'
import type { Traffic } from './traffic.ts'

/* What a run came to, as rows of the table. */

const plain = (what: string, value: number, unit: string, note = ''): Row => ({
  what,
  value,
  unit,
  note,
})

const storedRow = (what: string, acknowledged: number, stored: number): Row => ({
  what,
  value: stored,
  unit: 'in D1',
  versus: 'acknowledged',
  versusValue: acknowledged,
})

/** The middle of the first and of the last part of a series. */
const ends = (values: readonly number[], share: number) => {
  const size = Math.max(1, Math.floor(values.length * share))
  return { first: median(values.slice(0, size)), last: median(values.slice(-size)) }
}

const memoryRow = (what: string, { first, last }: ReturnType<typeof ends>): Row => ({
  what,
  value: last,
  unit: 'MB',
  versus: 'its beginning',
  versusValue: first,
})

const timesOf = (values: readonly number[]) =>
  `p50 ${median(values).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(0)} ms`

const acknowledged = (rows: readonly boolean[]) => rows.filter(Boolean).length

type Outcome = {
  readonly record: Measured
  readonly ledger: Ledger
  readonly stored: Stored
  readonly took: number
  readonly settledIn: number
  readonly told: Traffic['told']
}

export const rowsOf = ({ record, ledger, stored, took, settledIn, told }: Outcome): Row[] => {
  const all = Array.from(record.latencies.values()).flat()
  const { all: memory, left } = record.memories()
  const [quarters, thirds] = [ends(memory, 1 / 4), ends(left, 1 / 3)]
  return [
    plain('requests, all kinds', all.length / took, '/s', timesOf(all)),
    ...Array.from(record.latencies, ([kind, values]) =>
      plain(kind, values.length / took, '/s', timesOf(values)),
    ),
    storedRow('exposures', acknowledged(ledger.exposures), stored.exposures.length),
    storedRow('events', acknowledged(ledger.events), stored.events.length),
    storedRow('assignments', ledger.variants.size, stored.assignments.length),
    storedRow(
      'edits, by their audit rows',
      ledger.edits.filter(({ isAcknowledged }) => isAcknowledged).length,
      stored.comments.length,
    ),
    plain('until the last of them was there', settledIn, 's'),
    plain('5xx or broken, outside restarts', record.wrongs().length, 'requests'),
    plain('broken by restarts', record.failures.length - record.wrongs().length, 'requests'),
    plain('down, median of the restarts', median(record.downtimes()) / 1000, 's'),
    plain('bundles that were 304', told.notModified, 'answers'),
    plain('assigned by the bucket, not sticky', told.notSticky, 'answers'),
    memoryRow('memory of workerd, last quarter', quarters),
    memoryRow('memory of workerd, last third after the last restart', thirds),
  ]
}
