import type { ExperimentForm } from '../state/experiment-form.ts'
import { describedBy, Field } from './field.tsx'
import { PlanFields } from './plan-fields.tsx'
import { ScheduleFields } from './schedule-fields.tsx'
import { VariantFields } from './variant-fields.tsx'

/** Everything about an experiment but its key. */
export const ExperimentFields = ({ form }: { readonly form: ExperimentForm }) => {
  const { description, startAt, stopAt } = form.draft.value
  return (
    <>
      <div class="card">
        <Field
          id="description"
          label="Description"
          help="The question it is to answer, and what the variants are."
          issues={form.issuesAt('description')}
        >
          <textarea
            id="description"
            dir="auto"
            maxLength={1000}
            value={description}
            aria-describedby={describedBy('description')}
            onInput={(event) => form.set({ description: event.currentTarget.value })}
          />
        </Field>
      </div>
      <VariantFields form={form} />
      <PlanFields form={form} />
      <fieldset class="card">
        <legend>Schedule</legend>
        <ScheduleFields
          schedule={{ startAt, stopAt }}
          onChange={(change) => form.set(change)}
          issuesAt={form.issuesAt}
          isStarted={form.base !== null && form.base.launchedAt !== null}
        />
      </fieldset>
    </>
  )
}
