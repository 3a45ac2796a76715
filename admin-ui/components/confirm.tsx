import { closeDialog, Dialog, dialogShown } from './dialog.tsx'
import { ReasonForm, type ReasonFormProps } from './reason-form.tsx'
import type { ComponentChildren } from 'preact'

type Props = Omit<ReasonFormProps, 'onCancel' | 'onConfirm'> & {
  readonly title: string
  readonly isWide?: boolean | undefined
  /** Above the form. */
  readonly about?: ComponentChildren
  /** Does it; the dialog stays open when that fails, or ends with `false`. */
  readonly onConfirm: (reason: string, form: HTMLFormElement) => Promise<unknown>
}

/** A change about to be made: what it means, why it is made, then yes or no. */
export const Confirm = ({ title, isWide, about, onConfirm, ...rest }: Props) => (
  <Dialog title={title} isWide={isWide}>
    {about}
    <ReasonForm
      {...rest}
      autofocus
      onCancel={closeDialog}
      onConfirm={async (reason, form) => {
        const mine = dialogShown.value
        const isDone = (await onConfirm(reason, form)) !== false
        // Whoever did not wait may have opened another one.
        if (isDone && dialogShown.value === mine) closeDialog()
      }}
    />
  </Dialog>
)
