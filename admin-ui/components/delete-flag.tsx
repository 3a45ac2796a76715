import type { Flag } from '../../schema/flag.ts'
import { HOME } from '../page-table.ts'
import { navigate } from '../router.ts'
import { deleteFlag } from '../state/flags.ts'
import { Button } from './button.tsx'
import { Confirm } from './confirm.tsx'
import { openDialog } from './dialog.tsx'

const DeleteDialog = ({ flag }: { readonly flag: Flag }) => (
  <Confirm
    title={`Delete ${flag.key}?`}
    about={
      <p>Apps that still ask for it get the default in their code. The audit can bring it back.</p>
    }
    action="Delete"
    isDangerous
    isReasonRequired
    onConfirm={async (reason) => {
      await deleteFlag(flag, reason)
      navigate(HOME, { replace: true })
    }}
  />
)

/** Deleting: for admins, with a reason; the audit can bring the flag back. */
export const DeleteFlag = ({ flag }: { readonly flag: Flag }) => (
  <Button needs="admin" onClick={() => openDialog(<DeleteDialog flag={flag} />)}>
    Delete
  </Button>
)
