import type { ComponentChildren } from 'preact'

type Props = {
  readonly id: string
  readonly label: string
  readonly help?: ComponentChildren
  readonly issues?: readonly string[]
  readonly children: ComponentChildren
}

/** The ids of what describes a control, for `aria-describedby`. */
export const describedBy = (id: string) => `${id}-help ${id}-issues`

/** A control with its label, its help, and what the server said about it. */
export const Field = ({ id, label, help, issues = [], children }: Props) => (
  <div class="field">
    <label htmlFor={id}>{label}</label>
    {help && (
      <p id={`${id}-help`} class="quiet small">
        {help}
      </p>
    )}
    {children}
    <Issues id={`${id}-issues`} issues={issues} />
  </div>
)

export const Issues = ({
  id,
  issues,
}: {
  readonly id: string
  readonly issues: readonly string[]
}) => (
  <div id={id} role="alert" class="issues">
    {issues.map((issue) => (
      <p key={issue}>{issue}</p>
    ))}
  </div>
)
