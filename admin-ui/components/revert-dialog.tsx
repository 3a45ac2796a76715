import { useSignal } from '@preact/signals'
import type { AuditEntry } from '../../schema/audit.ts'
import { ApiError } from '../api.ts'
import { changesOf, subjectOf } from '../model/audit.ts'
import { revert } from '../state/audit.ts'
import { Dialog } from './dialog.tsx'
import { Differences } from './differences.tsx'
import { ReasonForm } from './reason-form.tsx'

type Props = { readonly entry: AuditEntry; readonly onClose: () => void }

const CONFLICT = 409

const effectOf = ({ action }: AuditEntry) => {
  if (action === 'flag.create') return 'The flag will be deleted again.'
  return action === 'flag.delete' ? 'The flag will be back as it was.' : 'These fields go back:'
}

/** Taking one change back, itself a change: what it does, and a second question when something newer would go too. */
export const RevertDialog = ({ entry, onClose }: Props) => {
  const refusal = useSignal<string | null>(null)
  const backwards = changesOf({ ...entry, before: entry.after, after: entry.before })
  return (
    <Dialog title={`Revert #${entry.id}, ${subjectOf(entry)}?`} onClose={onClose} isWide>
      <p>{effectOf(entry)}</p>
      {entry.action === 'flag.update' && <Differences differences={backwards} />}
      {refusal.value !== null && (
        <p class="warning" role="alert">
          {refusal.value}. Reverting anyway makes the flag what it was before #{entry.id}, and drops
          what came after.
        </p>
      )}
      <ReasonForm
        action={refusal.value === null ? 'Revert' : 'Revert anyway'}
        isDangerous={refusal.value !== null || entry.before?.killSwitch === true}
        onCancel={onClose}
        onConfirm={async (reason) => {
          try {
            await revert(entry, reason, refusal.value !== null)
            onClose()
          } catch (error) {
            if (!(error instanceof ApiError) || error.status !== CONFLICT || refusal.value !== null)
              throw error
            refusal.value = error.message
          }
        }}
      />
    </Dialog>
  )
}
