type Props = {
  readonly name: string
  readonly isOn: boolean
  readonly isLarge?: boolean
  readonly disabled?: boolean
  readonly describedBy?: string
  readonly onFlip: (isOn: boolean) => void
}

/**
 * A switch that shows the current state, not the last click. A click only asks, and the switch moves when the state
 * has changed.
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
      // The second click of a double click would undo the first one.
      if (event.detail < 2) onFlip(!isOn)
    }}
  />
)
