import { closeDialog, Dialog, dialogShown } from './dialog.tsx'
import { ReasonForm, type ReasonFormProps } from './reason-form.tsx'
import type { ComponentChildren } from 'preact'

type Props = Omit<ReasonFormProps, 'onCancel' | 'onConfirm'> & {
  readonly title: string
  readonly isWide?: boolean | undefined
  /** Above the form. */
  readonly about?: ComponentChildren
  /** Makes the change. The dialog stays open after an error or `false`. */
  readonly onConfirm: (reason: string, form: HTMLFormElement) => Promise<unknown>
}

/** Asks for a reason before a change. */
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
        // The user may have closed this dialog and opened another one.
        if (isDone && dialogShown.value === mine) closeDialog()
      }}
    />
  </Dialog>
)
