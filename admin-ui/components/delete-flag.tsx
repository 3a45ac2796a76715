import { useSignal } from '@preact/signals'
import type { Flag } from '../../schema/flag.ts'
import { navigate } from '../router.ts'
import { deleteFlag } from '../state/flags.ts'
import { may } from '../state/session.ts'
import { Dialog } from './dialog.tsx'
import { ReasonForm } from './reason-form.tsx'

/** Deleting: for admins, with a reason; the audit can bring the flag back. */
export const DeleteFlag = ({ flag }: { readonly flag: Flag }) => {
  const isAsking = useSignal(false)
  const close = () => (isAsking.value = false)
  return (
    <>
      <button
        type="button"
        disabled={!may('admin')}
        title={may('admin') ? undefined : 'This needs the role admin'}
        onClick={() => (isAsking.value = true)}
      >
        Delete
      </button>
      {isAsking.value && (
        <Dialog title={`Delete ${flag.key}?`} onClose={close}>
          <p>
            Apps that still ask for it are told that there is no such flag, and use the default in
            their code. The audit keeps what it was, and can bring it back.
          </p>
          <ReasonForm
            action="Delete"
            isDangerous
            isReasonRequired
            onCancel={close}
            onConfirm={async (reason) => {
              await deleteFlag(flag, reason)
              navigate('/settings/flags', { replace: true })
            }}
          />
        </Dialog>
      )}
    </>
  )
}
