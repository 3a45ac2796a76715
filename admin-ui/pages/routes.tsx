import { signal, useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { Empty, Loading } from '../components/empty.tsx'
import { Page } from '../components/page.tsx'
import { findPage, HOME, type PageMatch, type PageName } from '../page-table.ts'
import { address } from '../router.ts'
import { FlagsPage } from './flags.tsx'

type PageComponent = ComponentType<{ readonly match: PageMatch }>

const loadExperiments = () =>
  import('./experiment-section.tsx').then((module) => module.ExperimentSection)

/** Each page but the first has a script of its own. Experiments share one, and with it their list. */
const LOADERS: Readonly<Record<PageName, () => Promise<PageComponent> | PageComponent>> = {
  flags: () => FlagsPage,
  newFlag: () => import('./new-flag.tsx').then((module) => module.NewFlagPage),
  flag: () => import('./flag.tsx').then((module) => module.FlagPage),
  segments: () => import('./segments.tsx').then((module) => module.SegmentsPage),
  newSegment: () => import('./new-segment.tsx').then((module) => module.NewSegmentPage),
  segment: () => import('./segment.tsx').then((module) => module.SegmentPage),
  experiments: loadExperiments,
  newExperiment: loadExperiments,
  experiment: loadExperiments,
  audit: () => import('./audit.tsx').then((module) => module.AuditPage),
  keys: () => import('./keys.tsx').then((module) => module.KeysPage),
  transfer: () => import('./transfer.tsx').then((module) => module.TransferPage),
}

const loaded = signal<Readonly<Partial<Record<PageName, PageComponent>>>>({ flags: FlagsPage })

const loadPage = async (name: PageName): Promise<void> => {
  if (loaded.peek()[name]) return
  const component = await LOADERS[name]()
  loaded.value = { ...loaded.peek(), [name]: component }
}

/** Loads a page that will probably be opened. A failure shows when it is. */
export const preloadPage = (name: PageName): void => {
  loadPage(name).catch(() => {})
}

const NotFoundPage = () => (
  <Page title="Page not found">
    <Empty title="There is no such page">
      <p>
        <a href={HOME}>All flags</a>
      </p>
    </Empty>
  </Page>
)

const PageAt = ({ match }: { readonly match: PageMatch }) => {
  const { name } = match
  const isFailed = useSignal(false)
  useEffect(() => {
    isFailed.value = false
    loadPage(name).catch(() => (isFailed.value = true))
  }, [name])
  const Component = loaded.value[name]
  if (Component) return <Component match={match} />
  if (!isFailed.value) return <Loading what="the page" />
  return (
    <Page title="This page did not load">
      <p>The connection failed, or a new version was deployed. Load the page again.</p>
      <Button class="primary" onClick={() => location.reload()}>
        Load again
      </Button>
    </Page>
  )
}

/** The page at the current address. */
export const CurrentPage = () => {
  const match = findPage(address.value.pathname)
  return match ? <PageAt match={match} /> : <NotFoundPage />
}
