import { PAGES } from '../page-table.ts'

type Props = { readonly target: string; readonly children: string }

/** To everything that was ever done to one thing. */
export const AuditLink = ({ target, children }: Props) => (
  <a href={`${PAGES.audit.path}?target=${encodeURIComponent(target)}`}>{children}</a>
)
