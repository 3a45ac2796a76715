import { setQuery } from '../router.ts'

type Choice = {
  readonly label: string
  /** The part of the query that keeps it. */
  readonly name: string
  readonly value: string
  readonly of: Readonly<Record<string, string>>
}

type Props = {
  readonly label: string
  readonly placeholder: string
  readonly search: string
  readonly choices: readonly Choice[]
  readonly shown: number
  readonly all: number
}

/** What a list shows stands in the address: it can be kept, and sent to someone. */
export const Toolbar = ({ label, placeholder, search, choices, shown, all }: Props) => (
  <search class="toolbar">
    <input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={search}
      onInput={(event) => setQuery({ search: event.currentTarget.value })}
    />
    {choices.map((choice) => (
      <label key={choice.name}>
        {choice.label}
        <select
          value={choice.value}
          onChange={(event) => setQuery({ [choice.name]: event.currentTarget.value })}
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
      {shown === all ? `${all} in all` : `${shown} of ${all}`}
    </span>
  </search>
)
