import type { AuditEntry } from '../../schema/audit.ts'
import {
  describeAction,
  listChanges,
  subjectPath,
  getRevertRole,
  describeSubject,
} from '../model/audit.ts'
import { Button } from './button.tsx'
import { Changed } from './changed.tsx'
import { openDialog } from './dialog.tsx'
import { Differences } from './differences.tsx'
import { RevertDialog } from './revert-dialog.tsx'

type Props = { readonly entry: AuditEntry }

const RevertButton = ({ entry }: Props) => {
  const role = getRevertRole(entry)
  if (role === null) return null
  return (
    <Button
      needs={role}
      class="plain"
      aria-label={`Revert #${entry.id}`}
      onClick={() => openDialog(<RevertDialog entry={entry} />)}
    >
      Revert
    </Button>
  )
}

/** One entry of the audit, with its diff. */
export const AuditEntryItem = ({ entry }: Props) => {
  const { id, at, actor, action, comment, after } = entry
  const subject = describeSubject(entry)
  const page = subjectPath(entry)
  const changes = after === null ? [] : listChanges(entry)
  return (
    <li class="entry stack tight">
      <div class="row">
        <p class="grow">
          <b>
            <bdi>{actor}</bdi>
          </b>{' '}
          {describeAction(action)}{' '}
          {page !== null ? (
            <a class="key" href={page}>
              {subject}
            </a>
          ) : (
            <>
              <b dir="auto">{subject}</b>{' '}
              {typeof after?.kind === 'string' && <span class="tag">{after.kind}</span>}
            </>
          )}
        </p>
        <p class="quiet small">
          <Changed at={at} /> · #{id}
        </p>
        <RevertButton entry={entry} />
      </div>
      {comment && (
        <p class="comment" dir="auto">
          {comment}
        </p>
      )}
      {changes.length > 0 && <Differences differences={changes} isNew={entry.before === null} />}
    </li>
  )
}
