import { Empty, LoadError, Loading } from '../components/empty.tsx'
import { ExperimentList } from '../components/experiment-list.tsx'
import { NewLink } from '../components/new-link.tsx'
import { Page } from '../components/page.tsx'
import { experimentsIn, STATUSES } from '../model/experiment-status.ts'
import { address, setQuery } from '../router.ts'
import { experiments, loadExperiments } from '../state/experiments.ts'
import { may } from '../state/session.ts'

const List = () => {
  const { items } = experiments.value
  const query = address.value.searchParams
  const search = query.get('search') ?? ''
  const asked = query.get('status') ?? ''
  const status = Object.hasOwn(STATUSES, asked) ? asked : ''
  if (!items) return <Loading what="experiments" />
  if (items.length === 0)
    return (
      <Empty title="No experiments yet">
        <p>An experiment shows variants to users at random, and tells which one sells more.</p>
      </Empty>
    )
  const shown = experimentsIn(items, { search, status }, Date.now())
  return (
    <>
      <search class="toolbar">
        <input
          type="search"
          aria-label="Search experiments"
          placeholder="Search key, description, variant"
          value={search}
          onInput={(event) => setQuery({ search: event.currentTarget.value })}
        />
        <label>
          Show
          <select
            value={status}
            onChange={(event) => setQuery({ status: event.currentTarget.value })}
          >
            <option value="">All</option>
            {Object.entries(STATUSES).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span class="quiet count" role="status">
          {shown.length === items.length
            ? `${items.length} in all`
            : `${shown.length} of ${items.length}`}
        </span>
      </search>
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
    {!may('editor') && (
      <p class="hint">Your role is viewer: you see everything here and can change nothing.</p>
    )}
    <LoadError error={experiments.value.error} retry={() => void loadExperiments()} />
    <List />
  </Page>
)
