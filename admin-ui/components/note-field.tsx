import { Field } from './field.tsx'

const MAX_NOTE = 1_000

type Props = {
  readonly note: string
  readonly issues?: readonly string[]
  readonly onChange: (note: string) => void
}

export const NoteField = ({ note, issues = [], onChange }: Props) => (
  <Field
    label="Note"
    hint="optional"
    help="What the team learned, for those who ask later."
    issues={issues}
  >
    {(control) => (
      <textarea
        {...control}
        dir="auto"
        maxLength={MAX_NOTE}
        value={note}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    )}
  </Field>
)
