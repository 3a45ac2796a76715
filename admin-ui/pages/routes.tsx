import type { VNode } from 'preact'
import { Empty } from '../components/empty.tsx'
import { lazily } from '../components/lazily.tsx'
import { Page } from '../components/page.tsx'

const FlagSection = lazily('flags', async () => (await import('./flag-section.tsx')).FlagSection)

const ExperimentSection = lazily(
  'experiments',
  async () => (await import('./experiment-section.tsx')).ExperimentSection,
)

const AuditPage = lazily('the audit', async () => (await import('./audit.tsx')).AuditPage)

const KeysPage = lazily('keys', async () => (await import('./keys.tsx')).KeysPage)

const TransferPage = lazily(
  'export and import',
  async () => (await import('./transfer.tsx')).TransferPage,
)

const NotFoundPage = () => (
  <Page title="Nothing here">
    <Empty title="There is no such page">
      <p>
        <a href="/settings/flags">All flags</a>
      </p>
    </Empty>
  </Page>
)

/** The page at an address. What it takes is fetched when the first page of its kind is opened. */
export const pageAt = ({ pathname }: URL): VNode => {
  const path = pathname.replace(/\/$/, '')
  if (/^\/settings\/(flags|new-flag)(\/|$)/.test(path)) return <FlagSection path={path} />
  if (/^\/experiments(\/|$)/.test(path)) return <ExperimentSection path={path} />
  switch (path) {
    case '/audit':
      return <AuditPage />
    case '/settings/keys':
      return <KeysPage />
    case '/settings/transfer':
      return <TransferPage />
    default:
      return <NotFoundPage />
  }
}
