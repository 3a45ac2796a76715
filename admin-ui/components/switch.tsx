type Props = {
  readonly name: string
  readonly isOn: boolean
  readonly isLarge?: boolean
  readonly disabled?: boolean
  readonly describedBy?: string
  readonly onFlip: (isOn: boolean) => void
}

/**
 * A switch that shows what is, not what was clicked: a click only asks, and the switch moves when what it stands
 * for has changed.
 */
export const Switch = ({ name, isOn, isLarge, disabled, describedBy, onFlip }: Props) => (
  <input
    type="checkbox"
    role="switch"
    class={isLarge ? 'large' : undefined}
    aria-label={name}
    aria-describedby={describedBy}
    checked={isOn}
    disabled={disabled}
    onClick={(event) => {
      event.preventDefault()
      // The second click of a double click would take back what the first one did.
      if (event.detail < 2) onFlip(!isOn)
    }}
  />
)
