import type { VNode } from 'preact'
import { Empty } from '../components/empty.tsx'
import { Page } from '../components/page.tsx'
import { AuditPage } from './audit.tsx'
import { ExperimentSection } from './experiment-section.tsx'
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

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The page at an address. */
export const pageAt = ({ pathname }: URL): VNode => {
  const [area, kind, key, ...more] = pathname.replace(/\/$/, '').slice(1).split('/')
  if (area === 'experiments' && key === undefined)
    return <ExperimentSection part={kind} name={decoded(kind ?? '')} />
  if (area === 'settings' && kind === 'flags' && more.length === 0)
    return key ? <FlagPage flagKey={key} /> : <FlagsPage />
  switch (pathname.replace(/\/$/, '')) {
    case '/settings/new-flag':
      return <NewFlagPage />
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
