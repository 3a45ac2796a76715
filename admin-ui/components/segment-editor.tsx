import type { ComponentChildren } from 'preact'
import { SEGMENT_FIELDS, toSegmentSettings } from '../model/segment-draft.ts'
import type { SegmentForm } from '../state/segment-form.ts'
import { loadSegment, saveSegment } from '../state/segments.ts'
import { hasRole } from '../state/session.ts'
import { Chips } from './chips.tsx'
import { ConditionList } from './condition-list.tsx'
import { DescriptionField } from './description-field.tsx'
import { openDialog } from './dialog.tsx'
import { EditorForm } from './editor-form.tsx'
import { Issues } from './field.tsx'
import { ReviewDialog } from './review-dialog.tsx'

type Props = {
  readonly segmentKey: string
  readonly form: SegmentForm
  readonly isConflicting?: boolean
  readonly onSaved?: () => void
  readonly above?: ComponentChildren
  readonly aside?: ComponentChildren
}

const SegmentFields = ({ form }: { readonly form: SegmentForm }) => {
  const { include, exclude, conditions, description } = form.draft.value
  const disabled = !hasRole('editor')
  return (
    <>
      <fieldset class="card">
        <legend>Users</legend>
        <p class="quiet small">
          Excluded users are never in the segment. Included users are, whatever the conditions say.
        </p>
        <Chips
          label={SEGMENT_FIELDS.include}
          names={include}
          issues={form.issuesOf('include')}
          disabled={disabled}
          onChange={(names) => form.set({ include: names })}
        />
        <Chips
          label={SEGMENT_FIELDS.exclude}
          names={exclude}
          issues={form.issuesOf('exclude')}
          disabled={disabled}
          onChange={(names) => form.set({ exclude: names })}
        />
      </fieldset>
      <fieldset class="card">
        <legend>{SEGMENT_FIELDS.conditions}</legend>
        {conditions.length === 0 && (
          <p class="quiet small">
            None: only included users are in the segment. The API sets conditions.
          </p>
        )}
        <ConditionList
          conditions={conditions}
          help="Other users are in the segment when all of these hold. The API adds more."
          disabled={disabled}
          onChange={(rest) => form.set({ conditions: rest })}
        />
        <Issues issues={form.issuesOf('conditions')} />
      </fieldset>
      <fieldset class="card">
        <legend>About</legend>
        <DescriptionField
          description={description}
          help="Who these users are."
          issues={form.issuesOf('description')}
          disabled={disabled}
          onChange={form.set}
        />
      </fieldset>
      <Issues issues={form.issuesOf(null)} />
    </>
  )
}

/** The form of a new or existing segment. */
export const SegmentEditor = (props: Props) => {
  const { segmentKey, form, isConflicting, onSaved, above, aside } = props
  const openReview = () =>
    openDialog(
      <ReviewDialog
        name={segmentKey}
        form={form}
        save={(reason) =>
          saveSegment(segmentKey, toSegmentSettings(form.draft.value), form.base.peek(), reason)
        }
        reload={() => loadSegment(segmentKey)}
        onSaved={onSaved}
      />,
    )
  return (
    <EditorForm {...{ form, isConflicting, aside }} onReview={openReview}>
      {above}
      <SegmentFields form={form} />
    </EditorForm>
  )
}
