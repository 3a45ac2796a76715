const TABLES = [
  ['variant', 'results'],
  ['day', 'days'],
] as const

/** The results as files for a spreadsheet, as they are when asked for. */
export const ExportButtons = ({ experimentKey }: { readonly experimentKey: string }) => (
  <>
    {TABLES.map(([by, name]) => (
      <a
        key={by}
        class="button"
        download
        href={`/api/experiments/${experimentKey}/metrics.csv?by=${by}`}
      >
        Export {name}
        <span class="visually-hidden"> as CSV</span>
      </a>
    ))}
  </>
)
