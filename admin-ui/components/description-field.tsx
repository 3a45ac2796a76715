import { Field } from './field.tsx'

const MOST = 1_000

type Props = {
  readonly description: string
  readonly help: string
  readonly issues: readonly string[]
  readonly disabled?: boolean
  readonly onChange: (change: { readonly description: string }) => void
}

export const DescriptionField = ({ description, help, issues, disabled, onChange }: Props) => (
  <Field
    label="Description"
    help={`${help} ${description.length} of ${MOST} characters.`}
    issues={issues}
  >
    {(control) => (
      <textarea
        {...control}
        dir="auto"
        maxLength={MOST}
        value={description}
        disabled={disabled}
        onInput={(event) => onChange({ description: event.currentTarget.value })}
      />
    )}
  </Field>
)
