import { useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { SegmentWithUsers } from '../../schema/segment.ts'
import { Changed } from '../components/changed.tsx'
import { Conflict } from '../components/conflict.tsx'
import { DeleteSegment } from '../components/delete-segment.tsx'
import { LoadError } from '../components/empty.tsx'
import { History } from '../components/history.tsx'
import { MissingPage } from '../components/missing-page.tsx'
import { Page } from '../components/page.tsx'
import { Section } from '../components/section.tsx'
import { SegmentEditor } from '../components/segment-editor.tsx'
import { flagPath, type PageMatch } from '../page-table.ts'
import { useLive } from '../state/live.ts'
import { createSegmentForm } from '../state/segment-form.ts'
import { findSegment, loadSegment } from '../state/segments.ts'

type Props = { readonly segment: SegmentWithUsers }

const UsedBy = ({ segment: { usedBy } }: Props) => (
  <Section title="Used by">
    {usedBy.length === 0 ? (
      <p class="quiet">No flag. In a flag, add it under Targeting.</p>
    ) : (
      <ul class="stack tight">
        {usedBy.map((target) => {
          const key = target.slice(target.indexOf(':') + 1)
          return (
            <li key={target}>
              <a class="key" href={flagPath(key)}>
                {key}
              </a>
            </li>
          )
        })}
      </ul>
    )}
  </Section>
)

const EditSegment = ({ segment }: Props) => {
  const form = useMemo(() => createSegmentForm(segment), [segment.key])
  useSignalEffect(() => {
    // A form without changes follows the edits of others.
    const current = findSegment(segment.key)?.segment
    if (current && form.isBehind(current) && form.changes.value.length === 0) form.restart(current)
  })
  const isConflicting = form.isBehind(segment) && form.changes.value.length > 0
  return (
    <Page title={segment.key} actions={<DeleteSegment segment={segment} />}>
      <p class="quiet small">
        Version {segment.version} · changed <Changed at={segment.updatedAt} />
      </p>
      <LoadError error={findSegment(segment.key)?.error} retry={() => loadSegment(segment.key)} />
      {isConflicting && <Conflict form={form} theirs={segment} />}
      <SegmentEditor
        segmentKey={segment.key}
        form={form}
        isConflicting={isConflicting}
        aside={
          <>
            <UsedBy segment={segment} />
            <History target={`segment:${segment.key}`} />
          </>
        }
      />
    </Page>
  )
}

export const SegmentPage = ({ match: { key } }: { readonly match: PageMatch }) => {
  useLive(() => loadSegment(key))
  const found = findSegment(key)
  if (found?.segment) return <EditSegment key={key} segment={found.segment} />
  const list = { items: found && !found.error ? [] : null, error: found?.error ?? null }
  return <MissingPage noun="segment" name={key} list={list} retry={() => loadSegment(key)} />
}
