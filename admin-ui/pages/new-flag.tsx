import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { FlagEditor } from '../components/flag-editor.tsx'
import { KeyField } from '../components/key-field.tsx'
import { Page } from '../components/page.tsx'
import { KEY_PATTERN, keyHelp } from '../model/key-help.ts'
import { navigate } from '../router.ts'
import { createFlagForm } from '../state/flag-form.ts'
import { flags } from '../state/flags.ts'

export const NewFlagPage = () => {
  const form = useMemo(() => createFlagForm(null), [])
  const key = useSignal('')
  const taken = new Set(flags.value.items?.map((flag) => flag.key))
  return (
    <Page title="New flag">
      <FlagEditor
        flagKey={key.value}
        form={form}
        onSaved={() => navigate(`/settings/flags/${key.value}`, { replace: true })}
        above={
          <KeyField
            value={key}
            pattern={KEY_PATTERN}
            title="Lower-case letters and digits, joined by single dots, dashes or underscores"
            help={keyHelp(key.value, taken)}
            issues={form.issues.value.flatMap(({ path, message }) =>
              path === 'key' ? message : [],
            )}
          />
        }
      />
    </Page>
  )
}
