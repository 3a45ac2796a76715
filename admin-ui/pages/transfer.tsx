import { ImportForm } from '../components/import-form.tsx'
import { Page } from '../components/page.tsx'

export const TransferPage = () => (
  <Page title="Export & import">
    <section class="card narrow" aria-labelledby="export">
      <h2 id="export">Export</h2>
      <p>All flags and experiments as one JSON document.</p>
      <p>
        <a class="button" href="/api/export" download>
          Download flags and experiments
        </a>
      </p>
    </section>
    <section class="card narrow" aria-labelledby="import">
      <h2 id="import">Import</h2>
      <p>
        First shows what would change. What the document does not name stays as it is; new
        experiments become drafts, and none is launched, paused or stopped.
      </p>
      <ImportForm />
    </section>
  </Page>
)
