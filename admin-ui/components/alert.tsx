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
    <div class="alert" role="alert">
      <p>{text}</p>
      {children}
    </div>
  ) : null
