import { PAGES } from '../page-table.ts'

type Props = { readonly target: string; readonly children: string }

/** A link to all changes of one target. */
export const AuditLink = ({ target, children }: Props) => (
  <a href={`${PAGES.audit.path}?target=${encodeURIComponent(target)}`}>{children}</a>
)
