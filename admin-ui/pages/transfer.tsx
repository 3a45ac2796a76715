import { ImportForm } from '../components/import-form.tsx'
import { Page } from '../components/page.tsx'
import { Section } from '../components/section.tsx'

export const TransferPage = () => (
  <Page title="Export & import">
    <Section class="card narrow" title="Export">
      <p>All flags, segments and experiments as one JSON document.</p>
      <p>
        <a class="button" href="/api/export" download>
          Download flags and experiments
        </a>
      </p>
    </Section>
    <Section class="card narrow" title="Import">
      <p>You review the changes first. Anything that the document does not name stays as it is.</p>
      <ImportForm />
    </Section>
  </Page>
)
