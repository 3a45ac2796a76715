import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'

type Props = JSX.IntrinsicElements['input'] & {
  readonly label: string
  readonly hint?: string | undefined
  readonly help?: ComponentChildren
  readonly issues?: readonly string[]
  /** Draws another control than an `<input>`, with the ids of its label, help and issues. */
  readonly children?: (control: Control) => ComponentChildren
}

export type Control = {
  readonly id: string
  readonly 'aria-describedby': string
  readonly 'aria-invalid': boolean
}

const NO_ISSUES: readonly string[] = []

/** A control with label, help and issues of the server. A text field by default. */
export const Field = (props: Props) => {
  const { label, hint, help, issues = NO_ISSUES, children, ...input } = props
  const id = useId()
  const described = `${id}-described`
  const control = { id, 'aria-describedby': described, 'aria-invalid': issues.length > 0 }
  return (
    <div class="field">
      <label htmlFor={id}>
        {label}
        {hint && <span class="quiet"> ({hint})</span>}
      </label>
      {children ? children(control) : <input autocomplete="off" {...input} {...control} />}
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
