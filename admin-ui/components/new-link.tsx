import { hasRole } from '../state/session.ts'
import { Button } from './button.tsx'

/** A link to where something is made, for who may make it; for others it is there, and disabled. */
export const NewLink = ({ href, children }: { readonly href: string; readonly children: string }) =>
  hasRole('editor') ? (
    <a class="button primary" href={href}>
      {children}
    </a>
  ) : (
    <Button needs="editor">{children}</Button>
  )
