import { useMemo } from 'preact/hooks'
import { AuditEntryItem } from '../components/audit-entry.tsx'
import { Button } from '../components/button.tsx'
import { Empty, Loaded } from '../components/empty.tsx'
import { readText } from '../components/read-text.ts'
import { Page } from '../components/page.tsx'
import { address, setQuery } from '../router.ts'
import { createAuditList, type AuditFilter } from '../state/audit.ts'
import { useLive } from '../state/live.ts'
import { loadTargets, findTarget, targets } from '../state/targets.ts'

const readFilter = ({ searchParams }: URL): AuditFilter => ({
  target: searchParams.get('target') ?? '',
  actor: searchParams.get('actor') ?? '',
})

const NO_FILTER = { target: '', actor: '' }

const Filters = ({ filter }: { readonly filter: AuditFilter }) => (
  <search>
    <form
      class="toolbar"
      onSubmit={(event) => {
        event.preventDefault()
        const form = event.currentTarget
        setQuery({ target: findTarget(readText(form, 'target')), actor: readText(form, 'actor') })
      }}
    >
      <label class="grow">
        Target
        <input
          name="target"
          list="targets"
          autocomplete="off"
          placeholder="Flag, experiment, key or member"
          defaultValue={filter.target}
        />
      </label>
      <datalist id="targets">
        {targets.value.map(({ target, name }) => (
          // oxlint-disable-next-line jsx-a11y/control-has-associated-label -- `label` is it
          <option key={target} value={target} label={name} />
        ))}
      </datalist>
      <label class="grow">
        Who
        <input
          name="actor"
          autocomplete="off"
          placeholder="Person or key"
          defaultValue={filter.actor}
        />
      </label>
      <button type="submit">Filter</button>
      {(filter.target || filter.actor) && (
        <Button class="plain" onClick={() => setQuery(NO_FILTER)}>
          Clear
        </Button>
      )}
    </form>
  </search>
)

const Entries = ({ filter }: { readonly filter: AuditFilter }) => {
  const { entries, next, load, loadMore } = useMemo(() => createAuditList(filter), [])
  useLive(load)
  const isFiltered = filter.target !== '' || filter.actor !== ''
  return (
    <>
      <Loaded {...entries.value} what="the audit" retry={load}>
        {(items) =>
          items.length > 0 ? (
            <ol>
              {items.map((entry) => (
                <AuditEntryItem key={entry.id} entry={entry} />
              ))}
            </ol>
          ) : (
            <Empty title={isFiltered ? 'No change matches' : 'No changes yet'}>
              <p>
                {isFiltered
                  ? 'Enter the whole name of a person or key, or clear the filter.'
                  : 'Every edit of flags, experiments, keys and members appears here.'}
              </p>
            </Empty>
          )
        }
      </Loaded>
      {next.value !== null && <Button onClick={loadMore}>Load older changes</Button>}
    </>
  )
}

export const AuditPage = () => {
  useLive(loadTargets)
  const filter = readFilter(address.value)
  const id = `${filter.target} ${filter.actor}`
  return (
    <Page title="Audit">
      <Filters key={`filters ${id}`} filter={filter} />
      <Entries key={id} filter={filter} />
    </Page>
  )
}
