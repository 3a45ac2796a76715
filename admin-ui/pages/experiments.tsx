import type { Experiment } from '../../schema/experiment.ts'
import { Button } from '../components/button.tsx'
import { Loaded } from '../components/empty.tsx'
import { ExperimentList } from '../components/experiment-list.tsx'
import { FilteredList } from '../components/filtered-list.tsx'
import { NewLink } from '../components/new-link.tsx'
import { Page } from '../components/page.tsx'
import { FILTERS } from '../model/experiment-status.ts'
import {
  describeCount,
  isFiltered,
  readExperimentView,
  type ExperimentView,
} from '../model/experiment-view.ts'
import { PAGES } from '../page-table.ts'
import { address, setQuery } from '../router.ts'
import { experimentPage, loadExperimentPage } from '../state/experiments.ts'
import { useLive } from '../state/live.ts'
import { loadStaleResults } from '../state/results.ts'
import { me } from '../state/session.ts'

/** The owners to choose from: the user, those of this page and the chosen one. */
const listOwners = (items: readonly Experiment[], chosen: string) => {
  const mine = me.value?.actor ?? ''
  const names = [mine, chosen, ...items.map(({ owner }) => owner ?? '')].filter(Boolean)
  const others = Array.from(new Set(names)).filter((name) => name !== mine)
  return {
    '': 'Anyone',
    ...(mine !== '' && { [mine]: `${mine} (you)` }),
    ...Object.fromEntries(others.toSorted().map((name) => [name, name])),
  }
}

const FIRST_PAGE = { after: '' }

type ListProps = { readonly items: readonly Experiment[]; readonly view: ExperimentView }

const List = ({ items, view }: ListProps) => {
  const { next } = experimentPage.value
  return (
    <>
      <FilteredList
        noun="experiment"
        placeholder="Search key, description, variant, owner"
        search={view.search}
        choices={[
          { label: 'Show', name: 'status', value: view.status, of: FILTERS },
          { label: 'Owner', name: 'owner', value: view.owner, of: listOwners(items, view.owner) },
        ]}
        resets={FIRST_PAGE}
        shown={items.length}
        count={describeCount(items.length, view, next !== null)}
      >
        <ExperimentList shown={items} />
      </FilteredList>
      {(view.after !== '' || next !== null) && (
        <nav class="row" aria-label="Pages of the list">
          {view.after !== '' && <Button onClick={() => setQuery(FIRST_PAGE)}>First page</Button>}
          {next !== null && (
            <Button onClick={() => setQuery({ after: next }, { isStep: true })}>Next page</Button>
          )}
        </nav>
      )}
    </>
  )
}

const load = async () => {
  await loadExperimentPage()
  await loadStaleResults(experimentPage.peek().items ?? [])
}

export const ExperimentsPage = () => {
  const view = readExperimentView(address.value.searchParams)
  useLive(load)
  const isEmpty = !isFiltered(view) && view.after === ''
  return (
    <Page
      title="Experiments"
      actions={<NewLink href={PAGES.newExperiment.path}>New experiment</NewLink>}
    >
      <Loaded
        {...experimentPage.value}
        what="experiments"
        {...(isEmpty && {
          about: 'An experiment shows variants to users at random and measures which sells more.',
        })}
        retry={load}
      >
        {(items) => <List items={items} view={view} />}
      </Loaded>
    </Page>
  )
}
