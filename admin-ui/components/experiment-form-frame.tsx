import type { ComponentChildren } from 'preact'
import type { ExperimentForm } from '../state/experiment-form.ts'
import { ExperimentFields } from './experiment-fields.tsx'
import { ReasonForm } from './reason-form.tsx'

type Props = {
  readonly form: ExperimentForm
  readonly action: string
  readonly disabled: boolean
  /** Above the settings. */
  readonly children?: ComponentChildren
  /** The effect of saving, shown beside the button. */
  readonly consequence?: ComponentChildren
  readonly onCancel: () => void
  readonly onSubmit: (reason: string) => Promise<void>
  readonly onDone: () => void
}

/** The form of an experiment with its reason and buttons. */
export const ExperimentFormFrame = (props: Props) => {
  const { form, action, disabled, children, consequence, onCancel, onSubmit, onDone } = props
  return (
    <div class="narrow">
      <ReasonForm
        action={action}
        disabled={disabled}
        onCancel={onCancel}
        onConfirm={async (reason) => {
          await form.submit(() => onSubmit(reason))
          onDone()
        }}
      >
        {children}
        <ExperimentFields form={form} />
        {consequence}
      </ReasonForm>
    </div>
  )
}
