import type { ComponentChildren } from 'preact'

/** What may be wider than the screen: it scrolls by itself, with the keyboard too. */
export const Scroll = ({
  label,
  children,
}: {
  readonly label: string
  readonly children: ComponentChildren
}) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- else the keyboard could not scroll it
  <div class="scroll" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
)
