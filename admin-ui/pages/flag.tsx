import { useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { ListedFlag } from '../../schema/flag.ts'
import { Changed } from '../components/changed.tsx'
import { Conflict } from '../components/conflict.tsx'
import { DeleteFlag } from '../components/delete-flag.tsx'
import { FlagEditor } from '../components/flag-editor.tsx'
import { History } from '../components/history.tsx'
import { MissingPage } from '../components/missing-page.tsx'
import { Page } from '../components/page.tsx'
import type { PageMatch } from '../page-table.ts'
import { createFlagForm } from '../state/flag-form.ts'
import { findFlag, flags, loadFlags } from '../state/flags.ts'

const EditFlag = ({ flag }: { readonly flag: ListedFlag }) => {
  const form = useMemo(() => createFlagForm(flag), [flag.key])
  useSignalEffect(() => {
    // A form without changes follows the edits of others.
    const current = findFlag(flag.key)
    if (current && form.isBehind(current) && form.changes.value.length === 0) form.restart(current)
  })
  const isConflicting = form.isBehind(flag) && form.changes.value.length > 0
  return (
    <Page title={flag.key} actions={<DeleteFlag flag={flag} />}>
      <p class="quiet small">
        Version {flag.version} · changed <Changed at={flag.updatedAt} by={flag.updatedBy} />
      </p>
      {isConflicting && <Conflict form={form} theirs={flag} />}
      <FlagEditor
        flagKey={flag.key}
        form={form}
        isConflicting={isConflicting}
        aside={<History target={`flag:${flag.key}`} />}
      />
    </Page>
  )
}

export const FlagPage = ({ match: { key } }: { readonly match: PageMatch }) => {
  const flag = findFlag(key)
  return flag ? (
    <EditFlag key={key} flag={flag} />
  ) : (
    <MissingPage noun="flag" name={key} list={flags.value} retry={loadFlags} />
  )
}
