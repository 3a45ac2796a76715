import type { FlagForm } from '../state/flag-form.ts'
import { Button } from './button.tsx'

type Props = {
  readonly form: FlagForm
  readonly isNew: boolean
  readonly isConflicting: boolean | undefined
}

/** In sight as soon as something is not saved yet: how much that is, and what to do about it. */
export const SaveBar = ({ form, isNew, isConflicting }: Props) => {
  const changed = form.changes.value.length
  if (changed === 0 && !isNew) return null
  return (
    <div class="card save-bar row">
      <p role="status" class="quiet grow">
        {isConflicting
          ? 'Someone was faster: choose above first.'
          : changed > 0
            ? `${changed} ${changed === 1 ? 'field' : 'fields'} changed`
            : 'Off, for nobody'}
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
