import type { ComponentChildren } from 'preact'
import { toSettings } from '../model/draft.ts'
import type { FlagForm } from '../state/flag-form.ts'
import { loadFlags, saveFlag } from '../state/flags.ts'
import { hasRole } from '../state/session.ts'
import { openDialog } from './dialog.tsx'
import { EditorForm } from './editor-form.tsx'
import { FlagFields } from './flag-fields.tsx'
import { ReviewDialog } from './review-dialog.tsx'
import { WhyPanel } from './why-panel.tsx'

type Props = {
  readonly flagKey: string
  readonly form: FlagForm
  readonly isConflicting?: boolean
  readonly onSaved?: () => void
  /** Above the settings, and beside them. */
  readonly above?: ComponentChildren
  readonly aside?: ComponentChildren
}

/** The form of a new or existing flag, with the Why panel. */
export const FlagEditor = (props: Props) => {
  const { flagKey, form, isConflicting, onSaved, above, aside } = props
  const isNew = form.base.value === null
  const isChanged = form.changes.value.length > 0
  const openReview = () => {
    const base = form.base.peek()
    openDialog(
      <ReviewDialog
        name={flagKey}
        form={form}
        isCritical={base?.killSwitch === true || form.draft.value.killSwitch}
        save={(reason) => saveFlag(flagKey, toSettings(form.draft.value), base, reason)}
        reload={loadFlags}
        onSaved={onSaved}
      />,
    )
  }
  return (
    <EditorForm
      {...{ form, isConflicting }}
      onReview={openReview}
      aside={
        <>
          <WhyPanel
            flag={{ key: flagKey, ...toSettings(form.draft.value) }}
            isSaved={!isNew && !isChanged}
            isNew={isNew}
          />
          {aside}
        </>
      }
    >
      {above}
      <FlagFields form={form} disabled={!hasRole('editor')} />
    </EditorForm>
  )
}
