const TABLES = [
  ['variant', 'results'],
  ['day', 'daily'],
] as const

type Props = {
  readonly experimentKey: string
  /** The query of the view that is shown. */
  readonly query: string
}

/** Links that download the shown results as CSV. */
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
  </>
)
