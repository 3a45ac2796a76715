import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useBusy } from './busy.ts'
import { textIn } from './form.ts'

type Props = {
  readonly action: string
  readonly isDangerous?: boolean
  readonly isReasonRequired?: boolean
  readonly disabled?: boolean
  readonly onCancel: () => void
  readonly onConfirm: (reason: string) => Promise<void>
  readonly children?: ComponentChildren
}

/** The end of every dialog that changes something: why, then yes or no. The reason goes into the audit. */
export const ReasonForm = ({
  action,
  isDangerous,
  isReasonRequired = false,
  disabled,
  onCancel,
  onConfirm,
  children,
}: Props) => {
  const id = useId()
  const { isBusy, error, run } = useBusy()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const reason = textIn(event.currentTarget, 'reason')
        void run(() => onConfirm(reason))
      }}
    >
      {children}
      <label htmlFor={id}>
        Reason{!isReasonRequired && <span class="quiet"> (optional)</span>}
      </label>
      <input
        id={id}
        name="reason"
        dir="auto"
        autocomplete="off"
        autofocus
        maxLength={1000}
        required={isReasonRequired}
        pattern={isReasonRequired ? '.*\\S.*' : undefined}
        title={isReasonRequired ? 'Say why: it is kept in the audit' : undefined}
      />
      {error.value !== null && (
        <p class="alert" role="alert">
          {error.value}
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <button
          type="submit"
          class={isDangerous ? 'danger' : 'primary'}
          disabled={disabled === true || isBusy.value}
        >
          {action}
        </button>
      </div>
    </form>
  )
}
