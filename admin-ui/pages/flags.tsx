import type { ListedFlag } from '../../schema/flag.ts'
import { Empty, Loaded } from '../components/empty.tsx'
import { FlagTable } from '../components/flag-table.tsx'
import { KillSwitches } from '../components/kill-switches.tsx'
import { NewLink } from '../components/new-link.tsx'
import { Page } from '../components/page.tsx'
import { Section } from '../components/section.tsx'
import { Toolbar } from '../components/toolbar.tsx'
import { FILTERS, flagsIn, SORTS, viewOf } from '../model/flag-list.ts'
import { address, setQuery } from '../router.ts'
import { flags, loadFlags } from '../state/flags.ts'

const List = ({ items }: { readonly items: readonly ListedFlag[] }) => {
  const view = viewOf(address.value.searchParams)
  const killSwitches = items.filter(({ killSwitch }) => killSwitch)
  const others = items.filter(({ killSwitch }) => !killSwitch)
  const shown = flagsIn(others, view)
  if (items.length === 0)
    return (
      <Empty title="No flags yet">
        <p>A flag turns a feature on for nobody, some or everyone, within seconds.</p>
      </Empty>
    )
  return (
    <>
      {killSwitches.length > 0 && <KillSwitches flags={killSwitches} />}
      <Section title="Flags">
        <Toolbar
          label="Search flags"
          placeholder="Search key, description, person"
          search={view.search}
          choices={[
            { label: 'Show', name: 'filter', value: view.filter, of: FILTERS },
            { label: 'Sort by', name: 'sort', value: view.sort, of: SORTS },
          ]}
          shown={shown.length}
          all={others.length}
        />
        {shown.length > 0 ? (
          <FlagTable flags={shown} />
        ) : (
          <Empty title="No flag matches">
            <button type="button" onClick={() => setQuery({ search: '', filter: '' })}>
              Show all flags
            </button>
          </Empty>
        )}
      </Section>
    </>
  )
}

export const FlagsPage = () => (
  <Page title="Flags" actions={<NewLink href="/settings/new-flag">New flag</NewLink>}>
    <Loaded {...flags.value} what="flags" retry={loadFlags}>
      {(items) => <List items={items} />}
    </Loaded>
  </Page>
)
