import type { ComponentChildren } from 'preact'
import { setQuery } from '../router.ts'
import { Button } from './button.tsx'
import { Empty } from './empty.tsx'

type Choice = {
  readonly label: string
  /** The name of the query parameter. */
  readonly name: string
  readonly value: string
  readonly of: Readonly<Record<string, string>>
}

type Props = {
  readonly noun: string
  readonly placeholder: string
  readonly search: string
  /** The first one selects the shown items. */
  readonly choices: readonly [Choice, ...Choice[]]
  readonly shown: number
  /** How many there are, in words. */
  readonly count: string
  /** Parameters that a change of the filter removes. */
  readonly resets?: Readonly<Record<string, string>>
  readonly children: ComponentChildren
}

/** A list with search and filters. The URL keeps them, so that a view can be shared. */
export const FilteredList = (props: Props) => {
  const { noun, placeholder, search, choices, shown, count, resets, children } = props
  return (
    <>
      <search class="toolbar">
        <input
          type="search"
          aria-label={`Search ${noun}s`}
          placeholder={placeholder}
          value={search}
          onInput={(event) => setQuery({ search: event.currentTarget.value, ...resets })}
        />
        {choices.map((choice) => (
          <label key={choice.name}>
            {choice.label}
            <select
              value={choice.value}
              onChange={(event) =>
                setQuery({ [choice.name]: event.currentTarget.value, ...resets })
              }
            >
              {Object.entries(choice.of).map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        ))}
        <span class="quiet" role="status">
          {count}
        </span>
      </search>
      {shown > 0 ? (
        children
      ) : (
        <Empty title={`No ${noun} matches`}>
          <Button
            onClick={() =>
              setQuery({
                search: '',
                // The order of the list stays.
                ...Object.fromEntries(
                  choices.filter(({ name }) => name !== 'sort').map(({ name }) => [name, '']),
                ),
                ...resets,
              })
            }
          >
            Show all {noun}s
          </Button>
        </Empty>
      )}
    </>
  )
}
