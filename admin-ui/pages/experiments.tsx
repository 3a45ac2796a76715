import { Empty, Loaded } from '../components/empty.tsx'
import { ExperimentList } from '../components/experiment-list.tsx'
import { NewLink } from '../components/new-link.tsx'
import { Page } from '../components/page.tsx'
import { Toolbar } from '../components/toolbar.tsx'
import type { Experiment } from '../../schema/experiment.ts'
import { experimentsIn, FILTERS } from '../model/experiment-status.ts'
import { known } from '../model/known.ts'
import { address, setQuery } from '../router.ts'
import { experiments, loadExperiments } from '../state/experiments.ts'

const List = ({ items }: { readonly items: readonly Experiment[] }) => {
  const query = address.value.searchParams
  const search = query.get('search') ?? ''
  const filter = known(FILTERS, query.get('status'), 'ALL')
  const shown = experimentsIn(items, { search, filter }, Date.now())
  if (items.length === 0)
    return (
      <Empty title="No experiments yet">
        <p>An experiment shows variants to users at random, and tells which one sells more.</p>
      </Empty>
    )
  return (
    <>
      <Toolbar
        label="Search experiments"
        placeholder="Search key, description, variant"
        search={search}
        choices={[{ label: 'Show', name: 'status', value: filter, of: FILTERS }]}
        shown={shown.length}
        all={items.length}
      />
      {shown.length > 0 ? (
        <ExperimentList shown={shown} />
      ) : (
        <Empty title="No experiment matches">
          <button type="button" onClick={() => setQuery({ search: '', status: '' })}>
            Show all experiments
          </button>
        </Empty>
      )}
    </>
  )
}

export const ExperimentsPage = () => (
  <Page title="Experiments" actions={<NewLink href="/experiments/new">New experiment</NewLink>}>
    <Loaded {...experiments.value} what="experiments" retry={loadExperiments}>
      {(items) => <List items={items} />}
    </Loaded>
  </Page>
)
