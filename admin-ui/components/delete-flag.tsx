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
      <p>
        Apps that still ask for this flag get the default in their code. You can restore it from the
        audit.
      </p>
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

/** Deletes a flag, for admins and with a reason. The audit can restore it. */
export const DeleteFlag = ({ flag }: { readonly flag: Flag }) => (
  <Button needs="admin" onClick={() => openDialog(<DeleteDialog flag={flag} />)}>
    Delete
  </Button>
)
