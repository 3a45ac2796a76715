import { useSignal } from '@preact/signals'
import { DEFAULT_MINIMUM_DAYS } from '../../schema/minimum-days.ts'
import { toPlan, parseWeight } from '../model/experiment-draft.ts'
import { findMistake, PLAN_FIELDS } from '../model/plan-fields.ts'
import { counted, percent } from '../../worker/experiments/numbers.ts'
import { estimateDays } from '../../worker/experiments/pace.ts'
import type { ExperimentForm } from '../state/experiment-form.ts'
import { Field, Issues } from './field.tsx'
import { useSampleSize } from './use-sample-size.ts'

const describeDays = (days: number, minimumDays: number): string => {
  if (days > 90) return '. That is long. Consider a larger effect.'
  return days < minimumDays
    ? `. The minimum duration of ${counted(minimumDays, 'day')} holds anyway.`
    : '.'
}

const Warning = ({ text }: { readonly text: string }) => (
  <p class="warning" role="status">
    {text}
  </p>
)

/** The sample size of the plan. The server computes it with the code that analyzes the results. */
const Answer = ({ form }: { readonly form: ExperimentForm }) => {
  const usersADay = useSignal('1000')
  const { variants, ...draft } = form.draft.value
  const plan = toPlan(draft)
  const { answer: size, error } = useSampleSize(plan, variants.length)
  if (error !== null) return <Warning text={error} />
  if (size === null) return null
  const weighted = variants.map((variant) => ({ weight: parseWeight(variant) || 0 }))
  const days = estimateDays(size.perVariant, Number(usersADay.value), weighted)
  const target = plan.baselineRate * (1 + plan.minimumDetectableEffect)
  return (
    <div class="plan-answer hint stack">
      <p role="status">
        <b class="figure">{counted(size.perVariant, 'user')} per variant</b>
        <span class="quiet">
          to tell {percent(plan.baselineRate)} from {percent(target)}, however often you look.
        </span>
      </p>
      <p>
        <label>
          At{' '}
          <input
            type="number"
            min={1}
            step={1}
            value={usersADay.value}
            onInput={(event) => (usersADay.value = event.currentTarget.value)}
          />{' '}
          users a day
        </label>{' '}
        <span role="status">
          {days === null ? (
            'the sample never completes.'
          ) : (
            <>
              that takes <b>{counted(days, 'day')}</b>
              {describeDays(days, plan.minimumDays ?? DEFAULT_MINIMUM_DAYS)} A verdict waits 7 days
              more, so that the last users have had their 7 days.
            </>
          )}
        </span>
      </p>
    </div>
  )
}

/** The plan of the sample. The first launch fixes it, because a change in view of the data would mislead. */
export const PlanFields = ({ form }: { readonly form: ExperimentForm }) => {
  const { plan, isPlanned } = form.draft.value
  const mistake = findMistake(plan)
  const isFixed = form.base !== null && form.base.launchedAt !== null
  return (
    <fieldset class="card" disabled={isFixed}>
      <legend>Plan</legend>
      <p class="quiet small">
        {isFixed
          ? 'The first launch fixed the plan. A change in view of the data would mislead.'
          : 'The first launch fixes the plan.'}
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={isPlanned}
          onChange={(event) => form.set({ isPlanned: event.currentTarget.checked })}
        />
        Plan the sample
      </label>
      {isPlanned ? (
        <>
          <div class="pair">
            {PLAN_FIELDS.map(({ name, label, unit, help, min, max }) => (
              <Field
                key={name}
                label={`${label}, ${unit}`}
                help={help}
                issues={form.issuesAt(`plan.${name}`)}
                type="number"
                step={unit === 'days' ? 1 : 'any'}
                min={min}
                max={max}
                required
                value={plan[name]}
                onInput={(event) =>
                  form.set({ plan: { ...plan, [name]: event.currentTarget.value } })
                }
              />
            ))}
          </div>
          {mistake === null ? <Answer form={form} /> : <Warning text={mistake} />}
          <Issues issues={form.issuesOf('plan')} />
        </>
      ) : (
        <p class="quiet small">
          Without a plan, a difference is called unplanned, and it is no verdict.
        </p>
      )}
    </fieldset>
  )
}
