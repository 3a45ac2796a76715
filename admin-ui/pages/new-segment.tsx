import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { KeyField } from '../components/key-field.tsx'
import { Page } from '../components/page.tsx'
import { SegmentEditor } from '../components/segment-editor.tsx'
import { SEGMENT_KEY } from '../model/key-help.ts'
import { segmentPath } from '../page-table.ts'
import { navigate } from '../router.ts'
import { useLive } from '../state/live.ts'
import { createSegmentForm } from '../state/segment-form.ts'
import { loadSegments, segments } from '../state/segments.ts'

export const NewSegmentPage = () => {
  const form = useMemo(() => createSegmentForm(null), [])
  const key = useSignal('')
  useLive(loadSegments)
  return (
    <Page title="New segment">
      <SegmentEditor
        segmentKey={key.value}
        form={form}
        onSaved={() => navigate(segmentPath(key.value), { replace: true })}
        above={
          <KeyField
            value={key}
            rule={SEGMENT_KEY}
            taken={segments.value.items ?? []}
            issues={form.issues.value.flatMap(({ path, message }) =>
              path === 'key' ? message : [],
            )}
          />
        }
      />
    </Page>
  )
}
