import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

type Props = {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
  readonly isWide?: boolean
}

/** A modal dialog: the browser keeps the focus in, gives it back, and closes on Escape. */
export const Dialog = ({ title, onClose, children, isWide }: Props) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // Before anything is drawn: who types on at once types into the dialog.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      class={isWide ? 'wide' : undefined}
      aria-labelledby={heading}
      onClose={onClose}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  )
}
