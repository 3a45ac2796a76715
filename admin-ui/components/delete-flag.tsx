import { useSignal } from '@preact/signals'
import type { Flag } from '../../schema/flag.ts'
import { navigate } from '../router.ts'
import { deleteFlag } from '../state/flags.ts'
import { ActionButton } from './action-button.tsx'
import { Confirm } from './confirm.tsx'

/** Deleting: for admins, with a reason; the audit can bring the flag back. */
export const DeleteFlag = ({ flag }: { readonly flag: Flag }) => {
  const isAsking = useSignal(false)
  return (
    <>
      <ActionButton needs="admin" onClick={() => (isAsking.value = true)}>
        Delete
      </ActionButton>
      {isAsking.value && (
        <Confirm
          title={`Delete ${flag.key}?`}
          about={
            <p>
              Apps that still ask for it fall back to the default in their code. The audit can bring
              it back.
            </p>
          }
          action="Delete"
          isDangerous
          isReasonRequired
          onClose={() => (isAsking.value = false)}
          onConfirm={async (reason) => {
            await deleteFlag(flag, reason)
            navigate('/settings/flags', { replace: true })
          }}
        />
      )}
    </>
  )
}
