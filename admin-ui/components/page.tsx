import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { toDocumentTitle } from '../state/environment.ts'
import { hasRole } from '../state/session.ts'

type Props = {
  readonly title: string
  /** The actions of the page, beside its title. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

/** A page: on arrival its title takes the focus, so that a screen reader says where one is. */
export const Page = ({ title, actions, children }: Props) => {
  const heading = useRef<HTMLHeadingElement>(null)
  // Before anything is drawn: a focus that moves later would be taken from who already went on with the keyboard.
  useLayoutEffect(() => {
    document.title = toDocumentTitle(title)
    heading.current?.focus({ preventScroll: true })
  }, [title])
  return (
    <div class="page">
      <div class="page-head">
        <h1 ref={heading} id="content" tabIndex={-1} dir="auto">
          {title}
        </h1>
        {actions && <div class="row">{actions}</div>}
      </div>
      {!hasRole('editor') && (
        <p class="hint">Your role is viewer: you can see everything and change nothing.</p>
      )}
      {children}
    </div>
  )
}
