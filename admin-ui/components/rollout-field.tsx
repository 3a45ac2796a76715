import { describeJump, findNextStep, ROLLOUT_STEPS } from '../model/rollout.ts'
import { Button } from './button.tsx'
import { Issues } from './field.tsx'

type Props = {
  readonly rollout: number
  readonly before: number
  readonly issues: readonly string[]
  readonly disabled: boolean
  readonly onChange: (rollout: number) => void
}

/** A share in percent, with up to three decimals. */
const clamped = (text: string) =>
  Math.min(100, Math.max(0, Math.round((Number(text) || 0) * 1_000) / 1_000))

/** The rollout as a slider, a number and steps. A jump gets a warning and stays possible. */
export const RolloutField = ({ rollout, before, issues, disabled, onChange }: Props) => {
  const warning = describeJump(before, rollout)
  const set = (event: { readonly currentTarget: HTMLInputElement }) =>
    onChange(clamped(event.currentTarget.value))
  return (
    <fieldset class="field" disabled={disabled}>
      <legend>Rollout</legend>
      <div class="row">
        <input
          type="range"
          min="0"
          max="100"
          value={rollout}
          aria-label="Rollout"
          aria-valuetext={`${rollout} % of users`}
          aria-describedby="rollout-about"
          onInput={set}
        />
        <span>
          <input
            class="percent"
            type="number"
            min="0"
            max="100"
            step="any"
            value={rollout}
            aria-label="Rollout in percent"
            onChange={set}
          />{' '}
          %
        </span>
        <span class="steps" role="group" aria-label="Steps">
          {ROLLOUT_STEPS.map((step) => (
            <Button
              key={step}
              aria-pressed={rollout === step}
              data-next={findNextStep(before) === step}
              onClick={() => onChange(step)}
            >
              {step} %
            </Button>
          ))}
        </span>
      </div>
      <div id="rollout-about">
        <p role="status" class={warning ? 'warning' : undefined}>
          {warning}
        </p>
        <Issues issues={issues} />
      </div>
    </fieldset>
  )
}
