import { signal } from '@preact/signals'
import type { ComponentChildren, VNode } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

/** The dialog that is open. There is one at most: it is modal. */
export const dialogShown = signal<VNode | null>(null)

export const openDialog = (dialog: VNode): void => {
  dialogShown.value = dialog
}

export const closeDialog = (): void => {
  dialogShown.value = null
}

type Props = {
  readonly title: string
  readonly children: ComponentChildren
  readonly isWide?: boolean | undefined
  /** On Escape. */
  readonly onDismiss?: () => void
}

/**
 * A modal dialog. The browser keeps the focus inside, returns it, and closes the dialog on Escape. The opener must listen
 * to `cancel`, not to `close`: `close` comes after the focus is back, when Enter may have opened the next dialog.
 */
export const Dialog = ({ title, children, isWide, onDismiss = closeDialog }: Props) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // Before anything is drawn: who types on at once types into the dialog.
  useLayoutEffect(() => {
    const element = dialog.current
    const opener = document.activeElement
    element?.showModal()
    return () => {
      element?.close()
      // What was done took the button away (Launch, now there is Pause): the keyboard goes on from the title.
      if (!opener?.isConnected) document.querySelector('h1')?.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={isWide ? 'wide' : undefined}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onDismiss()
      }}
      // Still mounted: the browser closed it without asking, which it may.
      onClose={() => dialog.current && onDismiss()}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  )
}
