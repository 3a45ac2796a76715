import type { ComponentChildren } from 'preact'

/** What went wrong, said at once; nothing when nothing did. */
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
