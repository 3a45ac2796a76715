import type { ComponentChildren } from 'preact'
import { Alert } from './alert.tsx'
import { useBusy } from './use-busy.ts'
import { Button } from './button.tsx'
import { ChangesEnvironment } from './environment-tag.tsx'
import { Field } from './field.tsx'
import { readText } from './read-text.ts'

export type ReasonFormProps = {
  readonly action: string
  readonly isDangerous?: boolean | undefined
  readonly isReasonRequired?: boolean | undefined
  readonly disabled?: boolean | undefined
  readonly autofocus?: boolean
  readonly onCancel: () => void
  readonly onConfirm: (reason: string, form: HTMLFormElement) => Promise<void>
  readonly children?: ComponentChildren
}

/** The end of every form that changes something. The audit keeps the reason. */
export const ReasonForm = ({
  action,
  isDangerous,
  isReasonRequired,
  disabled,
  autofocus,
  onCancel,
  onConfirm,
  children,
}: ReasonFormProps) => {
  const { isBusy, error, run } = useBusy()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const form = event.currentTarget
        void run(() => onConfirm(readText(form, 'reason'), form))
      }}
    >
      {children}
      <Field
        label="Reason"
        hint={isReasonRequired ? undefined : 'optional'}
        name="reason"
        dir="auto"
        autofocus={Boolean(autofocus)}
        maxLength={1000}
        {...(isReasonRequired && {
          required: true,
          pattern: '.*\\S.*',
          title: 'Enter a reason. The audit keeps it.',
        })}
      />
      {isDangerous && <ChangesEnvironment />}
      <Alert text={error.value} />
      <div class="buttons">
        <Button onClick={onCancel}>Cancel</Button>
        <button
          type="submit"
          class={isDangerous ? 'danger' : 'primary'}
          disabled={disabled || isBusy.value}
        >
          {action}
        </button>
      </div>
    </form>
  )
}
