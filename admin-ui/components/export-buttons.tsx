const TABLES = [
  ['variant', 'results'],
  ['day', 'daily'],
] as const

/** Links that download the current results as CSV. */
export const ExportButtons = ({ experimentKey }: { readonly experimentKey: string }) => (
  <>
    {TABLES.map(([by, name]) => (
      <a
        key={by}
        class="button"
        download
        href={`/api/experiments/${experimentKey}/metrics.csv?by=${by}`}
      >
        Export {name} CSV
      </a>
    ))}
  </>
)
