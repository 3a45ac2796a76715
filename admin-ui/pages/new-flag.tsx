import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { FlagEditor } from '../components/flag-editor.tsx'
import { KeyField } from '../components/key-field.tsx'
import { Page } from '../components/page.tsx'
import { FLAG_KEY } from '../model/key-help.ts'
import { flagPath } from '../page-table.ts'
import { navigate } from '../router.ts'
import { createFlagForm } from '../state/flag-form.ts'

export const NewFlagPage = () => {
  const form = useMemo(() => createFlagForm(null), [])
  const key = useSignal('')
  return (
    <Page title="New flag">
      <FlagEditor
        flagKey={key.value}
        form={form}
        onSaved={() => navigate(flagPath(key.value), { replace: true })}
        above={
          <KeyField
            value={key}
            rule={FLAG_KEY}
            issues={form.issues.value.flatMap(({ path, message }) =>
              path === 'key' ? message : [],
            )}
          />
        }
      />
    </Page>
  )
}
