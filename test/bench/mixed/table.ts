import { median, quantile, type Row } from '../report.ts'
import type { Ledger, Stored } from './ledger.ts'
import { splitInThirds, type Measured } from './record.ts'
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

const memoryRow = (what: string, last: number, versus: string, versusValue: number): Row => ({
  what,
  value: last,
  unit: 'MB',
  versus,
  versusValue,
})

const describeTimes = (values: readonly number[]) =>
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

export const toRows = ({ record, ledger, stored, took, settledIn, told }: Outcome): Row[] => {
  const all = Array.from(record.latencies.values()).flat()
  const { all: memories, stretch } = record.memories()
  const quarter = Math.ceil(memories.length / 4)
  const { middle, last } = splitInThirds(stretch)
  return [
    plain('requests, all kinds', all.length / took, '/s', describeTimes(all)),
    ...Array.from(record.latencies, ([kind, values]) =>
      plain(kind, values.length / took, '/s', describeTimes(values)),
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
    plain('5xx or broken, outside restarts', record.unexplained().length, 'requests'),
    plain('broken by restarts', record.failures.length - record.unexplained().length, 'requests'),
    plain('down, median of the restarts', median(record.downtimes()) / 1000, 's'),
    plain('bundles that were 304', told.notModified, 'answers'),
    plain('assigned by the bucket, not sticky', told.notSticky, 'answers'),
    memoryRow(
      'memory of workerd, last quarter',
      median(memories.slice(-quarter)),
      'first quarter',
      median(memories.slice(0, quarter)),
    ),
    // A short run has no middle part to compare with.
    ...(Number.isFinite(middle)
      ? [memoryRow('the same after the last restart, last third', last, 'middle third', middle)]
      : []),
  ]
}
