import type { ComponentChildren } from 'preact'

/** An error that screen readers announce at once. Draws nothing without a text. */
export const Alert = ({
  text,
  children,
}: {
  readonly text: string | null | undefined
  readonly children?: ComponentChildren
}) =>
  text ? (
    <div class="alert row" role="alert">
      <p class="grow">{text}</p>
      {children}
    </div>
  ) : null
