import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { describedBy, Field } from '../components/field.tsx'
import { FlagFields } from '../components/flag-fields.tsx'
import { Page } from '../components/page.tsx'
import { ReviewDialog } from '../components/review-dialog.tsx'
import { SaveBar } from '../components/save-bar.tsx'
import { WhyPanel } from '../components/why-panel.tsx'
import { toSettings } from '../model/draft.ts'
import { KEY_PATTERN, keyHelp } from '../model/key-help.ts'
import { navigate } from '../router.ts'
import { createFlagForm } from '../state/flag-form.ts'
import { flags } from '../state/flags.ts'
import { may } from '../state/session.ts'
import { useLeaveGuard } from './flag.tsx'

export const NewFlagPage = () => {
  const form = useMemo(() => createFlagForm(null), [])
  const key = useSignal('')
  const isReviewing = useSignal(false)
  useLeaveGuard(form)
  const taken = new Set(flags.value.items?.map((flag) => flag.key))
  const issues = form.issues.value.flatMap(({ path, message }) => (path === 'key' ? message : []))
  const isEditor = may('editor')
  return (
    <Page title="New flag">
      {!isEditor && <p class="hint">Creating a flag needs the role editor.</p>}
      <div class="columns">
        <form
          class="flag-form"
          onSubmit={(event) => {
            event.preventDefault()
            isReviewing.value = true
          }}
        >
          <div class="card">
            <Field id="key" label="Key" help={keyHelp(key.value, taken)} issues={issues}>
              <input
                id="key"
                class="key"
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                required
                maxLength={128}
                pattern={KEY_PATTERN}
                value={key.value}
                disabled={!isEditor}
                aria-describedby={describedBy('key')}
                onInput={(event) => (key.value = event.currentTarget.value)}
              />
            </Field>
          </div>
          <FlagFields form={form} disabled={!isEditor} />
          {isEditor && <SaveBar form={form} isNew isConflicting={false} />}
        </form>
        <div class="aside">
          <WhyPanel
            flag={{ key: key.value, ...toSettings(form.draft.value) }}
            isSaved={false}
            isNew
          />
        </div>
      </div>
      {isReviewing.value && (
        <ReviewDialog
          keyOfFlag={key.value}
          form={form}
          onClose={() => (isReviewing.value = false)}
          onSaved={() => navigate(`/settings/flags/${key.value}`, { replace: true })}
        />
      )}
    </Page>
  )
}
