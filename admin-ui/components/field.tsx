import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** What ties a control to its label, its help and its issues. */
export type Control = {
  readonly id: string
  readonly 'aria-describedby': string
  readonly 'aria-invalid': boolean
}

type Props = {
  readonly label: string
  readonly hint?: string | undefined
  readonly help?: ComponentChildren
  readonly issues?: readonly string[]
  readonly children: (control: Control) => ComponentChildren
}

const NO_ISSUES: readonly string[] = []

/** A control with its label, its help, and what the server said about it. */
export const Field = ({ label, hint, help, issues = NO_ISSUES, children }: Props) => {
  const id = useId()
  const described = `${id}-described`
  return (
    <div class="field">
      <label htmlFor={id}>
        {label}
        {hint && <span class="quiet"> ({hint})</span>}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': issues.length > 0 })}
      <div id={described}>
        {help && <p class="quiet small">{help}</p>}
        <Issues issues={issues} />
      </div>
    </div>
  )
}

export const Issues = ({ issues }: { readonly issues: readonly string[] }) =>
  issues.length > 0 && (
    <div role="alert" class="issues">
      {issues.map((issue) => (
        <p key={issue}>{issue}</p>
      ))}
    </div>
  )
