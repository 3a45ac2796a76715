import { useSignal, useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { ListedFlag } from '../../schema/flag.ts'
import { Changed } from '../components/changed.tsx'
import { Conflict } from '../components/conflict.tsx'
import { DeleteFlag } from '../components/delete-flag.tsx'
import { Empty, LoadError, Loading } from '../components/empty.tsx'
import { FlagFields } from '../components/flag-fields.tsx'
import { History } from '../components/history.tsx'
import { Page } from '../components/page.tsx'
import { ReviewDialog } from '../components/review-dialog.tsx'
import { SaveBar } from '../components/save-bar.tsx'
import { useUnsavedGuard } from '../components/use-unsaved-guard.ts'
import { WhyPanel } from '../components/why-panel.tsx'
import { toSettings } from '../model/draft.ts'
import { createFlagForm, type FlagForm } from '../state/flag-form.ts'
import { flagOf, flags, loadFlags } from '../state/flags.ts'
import { may } from '../state/session.ts'

export const useLeaveGuard = (form: FlagForm): void =>
  useUnsavedGuard(() => form.changes.value.length > 0)

const EditFlag = ({ flag }: { readonly flag: ListedFlag }) => {
  const form = useMemo(() => createFlagForm(flag), [flag.key])
  const isReviewing = useSignal(false)
  useLeaveGuard(form)
  useSignalEffect(() => {
    // Without changes of one's own there is nothing to choose: the form follows what others save.
    const current = flagOf(flag.key)
    const isNewer = current && current.version > (form.base.value?.version ?? 0)
    if (isNewer && form.changes.value.length === 0) form.restart(current)
  })
  const isConflicting =
    flag.version > (form.base.value?.version ?? 0) && form.changes.value.length > 0
  const close = () => (isReviewing.value = false)
  return (
    <Page title={flag.key} actions={<DeleteFlag flag={flag} />}>
      <p class="quiet small">
        Version {flag.version} · changed <Changed at={flag.updatedAt} by={flag.updatedBy} />
      </p>
      {!may('editor') && <p class="hint">Your role is viewer: you can look, and ask why.</p>}
      {isConflicting && <Conflict form={form} theirs={flag} />}
      <div class="columns">
        <form
          class="flag-form"
          onSubmit={(event) => {
            event.preventDefault()
            isReviewing.value = form.changes.value.length > 0
          }}
        >
          <FlagFields form={form} disabled={!may('editor')} />
          {may('editor') && <SaveBar form={form} isNew={false} isConflicting={isConflicting} />}
        </form>
        <div class="aside">
          <WhyPanel
            flag={{ key: flag.key, ...toSettings(form.draft.value) }}
            isSaved={form.changes.value.length === 0}
          />
          <History target={`flag:${flag.key}`} />
        </div>
      </div>
      {isReviewing.value && (
        <ReviewDialog keyOfFlag={flag.key} form={form} onClose={close} onSaved={() => {}} />
      )}
    </Page>
  )
}

const Missing = ({ flagKey }: { readonly flagKey: string }) => (
  <Page title={flagKey}>
    <LoadError error={flags.value.error} retry={() => void loadFlags()} />
    {flags.value.items ? (
      <Empty title="There is no such flag">
        <p>
          It may have been deleted: see{' '}
          <a href={`/audit?target=${encodeURIComponent(`flag:${flagKey}`)}`}>what happened to it</a>
          .
        </p>
      </Empty>
    ) : (
      <Loading what="the flag" />
    )}
  </Page>
)

export const FlagPage = ({ flagKey }: { readonly flagKey: string }) => {
  const flag = flagOf(flagKey)
  return flag ? <EditFlag key={flagKey} flag={flag} /> : <Missing flagKey={flagKey} />
}
