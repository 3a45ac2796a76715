import { Empty, LoadError, Loading } from '../components/empty.tsx'
import { FlagTable } from '../components/flag-table.tsx'
import { KillSwitches } from '../components/kill-switches.tsx'
import { Page } from '../components/page.tsx'
import { FILTERS, flagsIn, SORTS, viewOf, type View } from '../model/flag-list.ts'
import { address, setQuery } from '../router.ts'
import { flags, loadFlags } from '../state/flags.ts'
import { may } from '../state/session.ts'

const optionsOf = (options: Readonly<Record<string, string>>) =>
  Object.entries(options).map(([value, name]) => (
    <option key={value} value={value}>
      {name}
    </option>
  ))

/** What the list shows stands in the address: it can be kept, and sent to someone. */
const Toolbar = ({ view }: { readonly view: View }) => (
  <search class="toolbar">
    <input
      type="search"
      aria-label="Search flags"
      placeholder="Search key, description, person"
      value={view.search}
      onInput={(event) => setQuery({ search: event.currentTarget.value })}
    />
    <label>
      Show
      <select
        value={view.filter}
        onChange={(event) => setQuery({ filter: event.currentTarget.value })}
      >
        {optionsOf(FILTERS)}
      </select>
    </label>
    <label>
      Sort by
      <select value={view.sort} onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
        {optionsOf(SORTS)}
      </select>
    </label>
  </search>
)

const NewFlag = () =>
  may('editor') ? (
    <a class="button primary" href="/settings/new-flag">
      New flag
    </a>
  ) : (
    <button type="button" disabled title="This needs the role editor">
      New flag
    </button>
  )

const FlagList = () => {
  const { items } = flags.value
  const view = viewOf(address.value.searchParams)
  if (!items) return <Loading what="flags" />
  if (items.length === 0)
    return (
      <Empty title="No flags yet">
        <p>A flag turns a feature on for nobody, some or everyone, within seconds.</p>
      </Empty>
    )
  const killSwitches = items.filter(({ killSwitch }) => killSwitch)
  const others = items.filter(({ killSwitch }) => !killSwitch)
  const shown = flagsIn(others, view)
  return (
    <>
      {killSwitches.length > 0 && <KillSwitches flags={killSwitches} />}
      <section aria-labelledby="other-flags">
        <h2 id="other-flags">
          Flags{' '}
          <span class="quiet count" role="status">
            {shown.length === others.length ? shown.length : `${shown.length} of ${others.length}`}
          </span>
        </h2>
        <Toolbar view={view} />
        {shown.length > 0 ? (
          <FlagTable flags={shown} />
        ) : (
          <Empty title="No flag matches">
            <button type="button" onClick={() => setQuery({ search: '', filter: '' })}>
              Show all flags
            </button>
          </Empty>
        )}
      </section>
    </>
  )
}

export const FlagsPage = () => (
  <Page title="Flags" actions={<NewFlag />}>
    {!may('editor') && (
      <p class="hint">Your role is viewer: you see everything here and can change nothing.</p>
    )}
    <LoadError error={flags.value.error} retry={() => void loadFlags()} />
    <FlagList />
  </Page>
)
