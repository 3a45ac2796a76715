import type { RawRow } from '../../schema/raw-rows.ts'
import { toCsv, toCsvRows, toNameCell } from './csv.ts'

/* The raw rows of an experiment as text: a header, if the format has one, and then page after page. */

type Format = {
  readonly mediaType: string
  readonly header: string
  readonly write: (rows: readonly RawRow[]) => string
}

const COLUMNS = [
  'user',
  'variant',
  'phase',
  'assigned_at',
  'first_exposed_at',
  'exposures',
  'converted',
  'clicks',
  'is_counted',
] as const

export const FORMATS: Readonly<Record<'ndjson' | 'csv', Format>> = {
  ndjson: {
    mediaType: 'application/x-ndjson; charset=utf-8',
    header: '',
    write: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  },
  csv: {
    mediaType: 'text/csv; charset=utf-8',
    header: toCsv(COLUMNS, []),
    write: (rows) =>
      toCsvRows(
        rows.map((row) => [
          toNameCell(row.user),
          toNameCell(row.variant),
          row.phase,
          row.assignedAt,
          row.firstExposedAt,
          row.exposures,
          row.converted,
          row.clicks,
          row.isCounted,
        ]),
      ),
  },
}
