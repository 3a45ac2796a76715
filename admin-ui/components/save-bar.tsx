import type { Difference } from '../model/diff.ts'
import type { Form } from '../state/form.ts'
import { Button } from './button.tsx'

/** One change of a value is written out. More of them are counted, and the review shows them. */
const describeChanges = (changes: readonly Difference[]): string => {
  const [first] = changes
  if (changes.length > 1) return `${changes.length} fields changed`
  return first?.kind === 'value' && first.label !== 'Description'
    ? `${first.label}: ${first.before} → ${first.after}`
    : `${first?.label} changed`
}

type Props<Thing extends { readonly version: number }, Draft extends object> = {
  readonly form: Form<Thing, Draft>
  readonly isNew: boolean
  readonly isConflicting: boolean | undefined
}

/** Appears when something is not saved: shows the changes and what to do with them. */
export const SaveBar = <Thing extends { readonly version: number }, Draft extends object>({
  form,
  isNew,
  isConflicting,
}: Props<Thing, Draft>) => {
  const changed = form.changes.value.length
  if (changed === 0 && !isNew) return null
  return (
    <div class="card save-bar row">
      <p role="status" class="quiet grow">
        {isConflicting
          ? 'Choose above which changes to keep.'
          : changed > 0
            ? describeChanges(form.changes.value)
            : form.kind.newHint}
      </p>
      <Button
        disabled={changed === 0}
        onClick={() => {
          form.draft.value = form.baseDraft.value
          form.issues.value = []
        }}
      >
        Discard
      </Button>
      <button type="submit" class="primary" disabled={isConflicting}>
        {isNew ? 'Review and create' : 'Review and save'}
      </button>
    </div>
  )
}
