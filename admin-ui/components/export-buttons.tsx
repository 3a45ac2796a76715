import type { Metrics } from '../../schema/metrics.ts'
import { daysCsv, summaryCsv } from '../model/results-csv.ts'
import { download } from './download.ts'

export const ExportButtons = ({ metrics }: { readonly metrics: Metrics | null }) => {
  const save = (csvOf: (metrics: Metrics) => string, suffix: string) => {
    if (metrics) download(`${metrics.experimentKey}${suffix}.csv`, csvOf(metrics))
  }
  return (
    <>
      <button
        type="button"
        disabled={metrics === null}
        onClick={() => save(summaryCsv, '')}
      >
        Export results<span class="visually-hidden"> as CSV</span>
      </button>
      <button
        type="button"
        disabled={metrics === null}
        onClick={() => save(daysCsv, '-by-day')}
      >
        Export days<span class="visually-hidden"> as CSV</span>
      </button>
    </>
  )
}
