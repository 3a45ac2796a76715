import { useSignal } from '@preact/signals'
import { planOf, weightOf, type PlanDraft } from '../model/experiment-draft.ts'
import { count, counted, percent } from '../model/numbers.ts'
import { daysFor } from '../model/pace.ts'
import { neededFor } from '../model/plan.ts'
import type { ExperimentForm } from '../state/experiment-form.ts'
import { describedBy, Field } from './field.tsx'

const FIELDS: readonly {
  readonly name: keyof PlanDraft
  readonly path: string
  readonly label: string
  readonly help: string
}[] = [
  {
    name: 'baseline',
    path: 'plan.baselineRate',
    label: 'Rate today, %',
    help: 'Of the users who see it, how many book.',
  },
  {
    name: 'effect',
    path: 'plan.minimumDetectableEffect',
    label: 'Smallest effect worth finding, %',
    help: 'Relative: 10 finds a rate of 11 % where 10 % is usual.',
  },
  {
    name: 'power',
    path: 'plan.power',
    label: 'Power, %',
    help: 'The chance to find an effect of that size. 80 is usual.',
  },
  {
    name: 'alpha',
    path: 'plan.alpha',
    label: 'Risk of a false alarm, %',
    help: 'The chance to see an effect where there is none. 5 is usual.',
  },
]

/** What the plan takes: computed here, by the code that later judges the results. */
const Answer = ({ form }: { readonly form: ExperimentForm }) => {
  const usersADay = useSignal('1000')
  const draft = form.draft.value
  const plan = planOf(draft)
  const needed = neededFor(plan, draft.variants.length)
  if (needed.perVariant === null)
    return (
      <p class="warning" role="status">
        {needed.why}
      </p>
    )
  const weighted = draft.variants.map((variant) => ({ weight: weightOf(variant) || 0 }))
  const days = daysFor(needed.perVariant, Number(usersADay.value), weighted)
  const target = plan.baselineRate * (1 + plan.minimumDetectableEffect)
  return (
    <div class="plan-answer">
      <p role="status">
        <b class="figure">{counted(needed.perVariant, 'user')} per variant</b>
        <span class="quiet">
          to tell {percent(plan.baselineRate)} from {percent(target)}, looking as often as you like.
          A test that may be looked at only once would take {count(needed.fixedPerVariant)}.
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
            'it never completes.'
          ) : (
            <>
              that takes <b>{counted(days, 'day')}</b>
              {days > 90
                ? '. That is long: look for a larger effect, or fewer variants.'
                : days < 7
                  ? '. Let it run a whole week all the same: weekends differ.'
                  : '.'}
            </>
          )}
        </span>
      </p>
    </div>
  )
}

/** How many users the question takes. Decided before the launch, or the results mean less. */
export const PlanFields = ({ form }: { readonly form: ExperimentForm }) => {
  const { plan, isPlanned } = form.draft.value
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
          <div class="quarters">
            {FIELDS.map(({ name, path, label, help }) => (
              <Field key={name} id={name} {...{ label, help }} issues={form.issuesAt(path)}>
                <input
                  id={name}
                  type="number"
                  step="any"
                  required
                  value={plan[name]}
                  aria-describedby={describedBy(name)}
                  onInput={(event) =>
                    form.set({ plan: { ...plan, [name]: event.currentTarget.value } })
                  }
                />
              </Field>
            ))}
          </div>
          <Answer form={form} />
          {form.issues.value
            .filter(({ path }) => path === 'plan')
            .map(({ message }) => (
              <p key={message} class="issues" role="alert">
                {message}
              </p>
            ))}
        </>
      ) : (
        <p class="quiet small">
          Without a plan there is no number of users at which it is complete, and a verdict may come
          early, on few users.
        </p>
      )}
    </fieldset>
  )
}
