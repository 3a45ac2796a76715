import { hasRole } from '../state/session.ts'

const TABLES = [
  ['variant', 'results'],
  ['day', 'daily'],
] as const

type Props = {
  readonly experimentKey: string
  /** The query of the view that is shown. */
  readonly query: string
}

/** Links that download the shown results as CSV, and for an admin the rows of the users. */
export const ExportButtons = ({ experimentKey, query }: Props) => (
  <>
    {TABLES.map(([by, name]) => (
      <a
        key={by}
        class="button"
        download
        href={`/api/experiments/${experimentKey}/metrics.csv?by=${by}${query && `&${query}`}`}
      >
        Export {name} CSV
      </a>
    ))}
    {hasRole('admin') && (
      <a
        class="button"
        download
        title="One row for each user of the whole experiment, with hashed ids. The audit records the download."
        href={`/api/experiments/${experimentKey}/rows?format=csv`}
      >
        Export users CSV
      </a>
    )}
  </>
)
