import type { VNode } from 'preact'
import { Empty } from '../components/empty.tsx'
import { lazily } from '../components/lazily.tsx'
import { Page } from '../components/page.tsx'
import { FlagsPage } from './flags.tsx'

const ExperimentSection = lazily('experiments', async () => {
  const { ExperimentSection: Section } = await import('./experiment-section.tsx')
  return Section
})

const NotFoundPage = () => (
  <Page title="Nothing here">
    <Empty title="There is no such page">
      <p>
        <a href="/settings/flags">All flags</a>
      </p>
    </Empty>
  </Page>
)

/** The page at an address. */
export const pageAt = ({ pathname }: URL): VNode => {
  if (/^\/experiments(\/|$)/.test(pathname)) return <ExperimentSection pathname={pathname} />
  switch (pathname.replace(/\/$/, '')) {
    case '/settings/flags':
      return <FlagsPage />
    default:
      return <NotFoundPage />
  }
}
