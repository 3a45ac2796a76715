type Props = {
  readonly legend: string
  readonly name: string
  /** The values with their purpose. */
  readonly of: Readonly<Record<string, string>>
  readonly chosen?: string | undefined
  readonly onChoose?: (value: string) => void
}

/** A choice among a few values, each with its purpose. */
export const Choices = ({ legend, name, of, chosen, onChoose }: Props) => (
  <fieldset class="stack tight">
    <legend>{legend}</legend>
    {Object.entries(of).map(([value, purpose]) => (
      <label key={value} class="check">
        <input
          type="radio"
          name={name}
          value={value}
          required
          defaultChecked={value === chosen}
          onChange={() => onChoose?.(value)}
        />
        <span>
          {value} <span class="quiet small">{purpose}</span>
        </span>
      </label>
    ))}
  </fieldset>
)
