import { useSignal } from '@preact/signals'
import { toPlan, parseWeight } from '../model/experiment-draft.ts'
import { findMistake, PLAN_FIELDS } from '../model/plan-fields.ts'
import { counted, percent } from '../../worker/experiments/numbers.ts'
import { estimateDays } from '../../worker/experiments/pace.ts'
import type { ExperimentForm } from '../state/experiment-form.ts'
import { Field, Issues } from './field.tsx'
import { useSampleSize } from './use-sample-size.ts'

const describeDays = (days: number): string => {
  if (days > 90) return '. That is long. Consider a larger effect.'
  return days < 7 ? '. Let it run for a whole week anyway.' : '.'
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
              {describeDays(days)}
            </>
          )}
        </span>
      </p>
    </div>
  )
}

/** The plan of the sample. It must not change after the launch, or the results mean less. */
export const PlanFields = ({ form }: { readonly form: ExperimentForm }) => {
  const { plan, isPlanned } = form.draft.value
  const mistake = findMistake(plan)
  return (
    <fieldset class="card">
      <legend>Plan</legend>
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
            {PLAN_FIELDS.map(({ name, label, help, min, max }) => (
              <Field
                key={name}
                label={`${label}, %`}
                help={help}
                issues={form.issuesAt(`plan.${name}`)}
                type="number"
                step="any"
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
        <p class="quiet small">Without a plan, a verdict may come early, from few users.</p>
      )}
    </fieldset>
  )
}
