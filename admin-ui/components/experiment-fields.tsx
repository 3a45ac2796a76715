import type { ExperimentForm } from '../state/experiment-form.ts'
import { DescriptionField } from './description-field.tsx'
import { Field } from './field.tsx'
import { NoteField } from './note-field.tsx'
import { PlanFields } from './plan-fields.tsx'
import { ScheduleFields } from './schedule-fields.tsx'
import { VariantFields } from './variant-fields.tsx'

/** Everything about an experiment but its key. A running or a stopped one takes fewer changes. */
export const ExperimentFields = ({ form }: { readonly form: ExperimentForm }) => {
  const { description, owner, note, startAt, stopAt } = form.draft.value
  const status = form.base?.status ?? 'DRAFT'
  const isOpen = status === 'DRAFT' || status === 'PAUSED'
  return (
    <>
      <div class="card">
        <DescriptionField
          description={description}
          help="The question to answer, and what each variant shows."
          issues={form.issuesAt('description')}
          onChange={form.set}
        />
        <Field
          label="Owner"
          hint="optional"
          help="The person or team in charge. The list can show the experiments of one owner."
          dir="auto"
          maxLength={254}
          value={owner}
          issues={form.issuesAt('owner')}
          onInput={(event) => form.set({ owner: event.currentTarget.value })}
        />
        {form.base && (
          <NoteField
            note={note}
            issues={form.issuesAt('note')}
            onChange={(value) => form.set({ note: value })}
          />
        )}
      </div>
      {isOpen && <VariantFields form={form} />}
      {isOpen && <PlanFields form={form} />}
      {status !== 'STOPPED' && (
        <fieldset class="card">
          <legend>Schedule</legend>
          <ScheduleFields
            schedule={{ startAt, stopAt }}
            onChange={form.set}
            issuesAt={form.issuesAt}
            isStarted={form.base !== null && form.base.launchedAt !== null}
          />
        </fieldset>
      )}
    </>
  )
}
