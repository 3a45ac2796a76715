import { Loaded } from '../components/empty.tsx'
import { ExperimentList } from '../components/experiment-list.tsx'
import { FilteredList } from '../components/filtered-list.tsx'
import { NewLink } from '../components/new-link.tsx'
import { Page } from '../components/page.tsx'
import type { Experiment } from '../../schema/experiment.ts'
import { selectExperiments, FILTERS } from '../model/experiment-status.ts'
import { oneOf } from '../model/query.ts'
import { PAGES } from '../page-table.ts'
import { address } from '../router.ts'
import { now } from '../state/clock.ts'
import { experiments, loadExperiments } from '../state/experiments.ts'

const List = ({ items }: { readonly items: readonly Experiment[] }) => {
  const query = address.value.searchParams
  const search = query.get('search') ?? ''
  const filter = oneOf(FILTERS, query.get('status'), 'ALL')
  const shown = selectExperiments(items, { search, filter }, now())
  return (
    <FilteredList
      noun="experiment"
      placeholder="Search key, description, variant"
      search={search}
      choices={[{ label: 'Show', name: 'status', value: filter, of: FILTERS }]}
      shown={shown.length}
      all={items.length}
    >
      <ExperimentList shown={shown} />
    </FilteredList>
  )
}

export const ExperimentsPage = () => (
  <Page
    title="Experiments"
    actions={<NewLink href={PAGES.newExperiment.path}>New experiment</NewLink>}
  >
    <Loaded
      {...experiments.value}
      what="experiments"
      about="An experiment shows variants to users at random and measures which sells more."
      retry={loadExperiments}
    >
      {(items) => <List items={items} />}
    </Loaded>
  </Page>
)
