import type { ListedFlag } from '../../schema/flag.ts'
import { Loaded } from '../components/empty.tsx'
import { FilteredList } from '../components/filtered-list.tsx'
import { FlagTable } from '../components/flag-table.tsx'
import { KillSwitches } from '../components/kill-switches.tsx'
import { NewLink } from '../components/new-link.tsx'
import { Page } from '../components/page.tsx'
import { Section } from '../components/section.tsx'
import { FILTERS, selectFlags, SORTS, readView } from '../model/flag-list.ts'
import { PAGES } from '../page-table.ts'
import { address } from '../router.ts'
import { flags, loadFlags } from '../state/flags.ts'

const List = ({ items }: { readonly items: readonly ListedFlag[] }) => {
  const view = readView(address.value.searchParams)
  const killSwitches = items.filter(({ killSwitch }) => killSwitch)
  const others = items.filter(({ killSwitch }) => !killSwitch)
  const shown = selectFlags(others, view)
  return (
    <>
      {killSwitches.length > 0 && <KillSwitches flags={killSwitches} />}
      {others.length > 0 && (
        <Section title="Flags">
          <FilteredList
            noun="flag"
            placeholder="Search key, description, person"
            search={view.search}
            choices={[
              { label: 'Show', name: 'filter', value: view.filter, of: FILTERS },
              { label: 'Sort by', name: 'sort', value: view.sort, of: SORTS },
            ]}
            shown={shown.length}
            count={
              shown.length === others.length
                ? `${others.length} in all`
                : `${shown.length} of ${others.length}`
            }
          >
            <FlagTable flags={shown} />
          </FilteredList>
        </Section>
      )}
    </>
  )
}

export const FlagsPage = () => (
  <Page title="Flags" actions={<NewLink href={PAGES.newFlag.path}>New flag</NewLink>}>
    <Loaded
      {...flags.value}
      what="flags"
      about="A flag turns a feature on for everyone, some users or nobody, within seconds."
      retry={loadFlags}
    >
      {(items) => <List items={items} />}
    </Loaded>
  </Page>
)
