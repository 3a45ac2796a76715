import { hasRole } from '../state/session.ts'
import { Button } from './button.tsx'

/** A link to a form for something new. It is disabled for viewers. */
export const NewLink = ({ href, children }: { readonly href: string; readonly children: string }) =>
  hasRole('editor') ? (
    <a class="button primary" href={href}>
      {children}
    </a>
  ) : (
    <Button needs="editor">{children}</Button>
  )
