import type { SegmentWithUsers } from '../../schema/segment.ts'
import { PAGES } from '../page-table.ts'
import { navigate } from '../router.ts'
import { deleteSegment } from '../state/segments.ts'
import { Button } from './button.tsx'
import { Confirm } from './confirm.tsx'
import { openDialog } from './dialog.tsx'

type Props = { readonly segment: SegmentWithUsers }

const DeleteDialog = ({ segment }: Props) => (
  <Confirm
    title={`Delete ${segment.key}?`}
    about={<p>No flag uses it. You can restore it from the audit.</p>}
    action="Delete"
    isDangerous
    isReasonRequired
    onConfirm={async (reason) => {
      await deleteSegment(segment, reason)
      navigate(PAGES.segments.path, { replace: true })
    }}
  />
)

/** Deletes a segment that no flag uses, for admins and with a reason. The audit can restore it. */
export const DeleteSegment = ({ segment }: Props) => (
  <Button
    needs="admin"
    whyNot={segment.usedBy.length > 0 ? 'Flags use this segment' : undefined}
    onClick={() => openDialog(<DeleteDialog segment={segment} />)}
  >
    Delete
  </Button>
)
