import type { ComponentChildren } from 'preact'
import type { ExperimentForm } from '../state/experiment-form.ts'
import { useBusy } from './busy.ts'
import { textIn } from './form.ts'
import { ExperimentFields } from './experiment-fields.tsx'

type Props = {
  readonly form: ExperimentForm
  readonly action: string
  readonly disabled: boolean
  /** Above the settings. */
  readonly children?: ComponentChildren
  /** What saving would do, beside the button that saves. */
  readonly consequence?: ComponentChildren
  readonly onCancel: () => void
  readonly onSubmit: (reason: string) => Promise<void>
  readonly onDone: () => void
}

/** The settings of an experiment, why they are so, and yes or no. */
export const ExperimentFormFrame = (props: Props) => {
  const { form, action, disabled, children, consequence, onCancel, onSubmit, onDone } = props
  const { isBusy, error, run } = useBusy()
  return (
    <form
      class="experiment-form"
      onSubmit={(event) => {
        event.preventDefault()
        const reason = textIn(event.currentTarget, 'reason')
        void run(async () => {
          await form.submit(() => onSubmit(reason))
          onDone()
        })
      }}
    >
      {children}
      <ExperimentFields form={form} />
      <div class="card">
        {consequence}
        <div class="field">
          <label htmlFor="reason">
            Reason <span class="quiet">(optional)</span>
          </label>
          <input id="reason" name="reason" dir="auto" autocomplete="off" maxLength={1000} />
        </div>
        {error.value !== null && (
          <p class="alert" role="alert">
            {error.value}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={disabled || isBusy.value}>
            {action}
          </button>
        </div>
      </div>
    </form>
  )
}
