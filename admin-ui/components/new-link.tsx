import { may } from '../state/session.ts'

/** A link to where something is made, for who may make it; for others it is there, and disabled. */
export const NewLink = ({ href, children }: { readonly href: string; readonly children: string }) =>
  may('editor') ? (
    <a class="button primary" href={href}>
      {children}
    </a>
  ) : (
    <button type="button" disabled title="This needs the role editor">
      {children}
    </button>
  )
