import type { ExperimentForm } from '../state/experiment-form.ts'
import { DescriptionField } from './description-field.tsx'
import { PlanFields } from './plan-fields.tsx'
import { ScheduleFields } from './schedule-fields.tsx'
import { VariantFields } from './variant-fields.tsx'

/** Everything about an experiment but its key. */
export const ExperimentFields = ({ form }: { readonly form: ExperimentForm }) => {
  const { description, startAt, stopAt } = form.draft.value
  return (
    <>
      <div class="card">
        <DescriptionField
          description={description}
          help="The question to answer, and what each variant shows."
          issues={form.issuesAt('description')}
          onChange={form.set}
        />
      </div>
      <VariantFields form={form} />
      <PlanFields form={form} />
      <fieldset class="card">
        <legend>Schedule</legend>
        <ScheduleFields
          schedule={{ startAt, stopAt }}
          onChange={form.set}
          issuesAt={form.issuesAt}
          isStarted={form.base !== null && form.base.launchedAt !== null}
        />
      </fieldset>
    </>
  )
}
