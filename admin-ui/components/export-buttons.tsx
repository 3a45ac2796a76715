import type { Metrics } from '../../schema/metrics.ts'
import { notifyError } from '../state/notices.ts'
import { download } from './download.ts'

/** Fetched when it is asked for: few who look at results export them. */
const csv = () => import('../model/results-csv.ts')

export const ExportButtons = ({ metrics }: { readonly metrics: Metrics | null }) => {
  const save = async (what: 'summaryCsv' | 'daysCsv', suffix: string) => {
    if (!metrics) return
    const write = (await csv())[what]
    download(`${metrics.experimentKey}${suffix}.csv`, write(metrics))
  }
  return (
    <>
      <button
        type="button"
        disabled={metrics === null}
        onClick={() => void save('summaryCsv', '').catch(notifyError)}
      >
        Export results<span class="visually-hidden"> as CSV</span>
      </button>
      <button
        type="button"
        disabled={metrics === null}
        onClick={() => void save('daysCsv', '-by-day').catch(notifyError)}
      >
        Export days<span class="visually-hidden"> as CSV</span>
      </button>
    </>
  )
}
