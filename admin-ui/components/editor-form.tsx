import type { ComponentChildren } from 'preact'
import type { Form } from '../state/form.ts'
import { hasRole } from '../state/session.ts'
import { SaveBar } from './save-bar.tsx'
import { useUnsavedGuard } from './use-unsaved-guard.ts'

type Props<Thing extends { readonly version: number }, Draft extends object> = {
  readonly form: Form<Thing, Draft>
  readonly isConflicting: boolean | undefined
  /** Opens the review of the changes. */
  readonly onReview: () => void
  /** Beside the fields. */
  readonly aside: ComponentChildren
  readonly children: ComponentChildren
}

/** The frame of a form that is reviewed before it is saved: its fields, the save bar, and what stands beside them. */
export const EditorForm = <Thing extends { readonly version: number }, Draft extends object>({
  form,
  isConflicting,
  onReview,
  aside,
  children,
}: Props<Thing, Draft>) => {
  useUnsavedGuard(() => form.changes.value.length > 0)
  const isNew = form.base.value === null
  return (
    <div class="columns">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (isNew || form.changes.value.length > 0) onReview()
        }}
      >
        {children}
        {hasRole('editor') && <SaveBar {...{ form, isNew, isConflicting }} />}
      </form>
      <div class="aside stack">{aside}</div>
    </div>
  )
}
