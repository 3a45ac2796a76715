import type { VNode } from 'preact'
import { Empty } from '../components/empty.tsx'
import { Page } from '../components/page.tsx'
import { AuditPage } from './audit.tsx'
import { FlagPage } from './flag.tsx'
import { FlagsPage } from './flags.tsx'
import { KeysPage } from './keys.tsx'
import { NewFlagPage } from './new-flag.tsx'
import { TransferPage } from './transfer.tsx'

const NotFoundPage = () => (
  <Page title="Nothing here">
    <Empty title="There is no such page">
      <p>
        <a href="/settings/flags">All flags</a>
      </p>
    </Empty>
  </Page>
)

const FLAGS = '/settings/flags'

/** The page at an address. */
export const pageAt = ({ pathname }: URL): VNode => {
  const path = pathname.replace(/\/$/, '')
  switch (path) {
    case FLAGS:
      return <FlagsPage />
    case '/settings/new-flag':
      return <NewFlagPage />
    case '/audit':
      return <AuditPage />
    case '/settings/keys':
      return <KeysPage />
    case '/settings/transfer':
      return <TransferPage />
    default:
      return path.startsWith(`${FLAGS}/`) ? (
        <FlagPage flagKey={path.slice(FLAGS.length + 1)} />
      ) : (
        <NotFoundPage />
      )
  }
}
